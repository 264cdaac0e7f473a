import { type Static, Type } from 'typebox'
import { Id, Nullable, strict, Timestamp } from './shared.ts'

const Words = Type.String({ minLength: 1, maxLength: 2000, pattern: '\\S' })

/** `POST …/flows/:flow/reports`: “Something looks wrong”. The runs of the time are attached by the server. */
export const NewReport = Type.Object(
  {
    words: Words,
    /** How far back it is about, in hours. */
    hours: Type.Optional(Type.Integer({ minimum: 1, maximum: 744, default: 24 })),
  },
  strict,
)
export type NewReport = Static<typeof NewReport>

export const ReportView = Type.Object(
  {
    id: Id,
    flow: Type.Object({ id: Id, name: Type.String() }, strict),
    words: Type.String(),
    from: Timestamp,
    to: Timestamp,
    /** Runs of that time, newest first, 20 at most. */
    runs: Type.Array(Id),
    by: Nullable(Type.String()),
    createdAt: Timestamp,
    answer: Nullable(Type.String()),
    answeredBy: Nullable(Type.String()),
    answeredAt: Nullable(Timestamp),
    closedAt: Nullable(Timestamp),
  },
  strict,
)
export type ReportView = Static<typeof ReportView>

/** `GET …/reports`, newest first, 200 at most. */
export const ReportListQuery = Type.Object(
  { state: Type.Optional(Type.Enum(['open', 'closed'])), flow: Type.Optional(Id) },
  strict,
)
export const ReportList = Type.Object({ items: Type.Array(ReportView) }, strict)
export type ReportList = Static<typeof ReportList>

export const ReportParams = Type.Object({ workspace: Id, report: Id }, strict)
/** `POST …/reports/:report/answer` */
export const ReportAnswer = Type.Object(
  { answer: Words, close: Type.Optional(Type.Boolean({ default: true })) },
  strict,
)
export type ReportAnswer = Static<typeof ReportAnswer>
