import { type Static, Type } from 'typebox'
import { Desk } from './exceptions.ts'
import { Id, Nullable, PageOf, PageQuery, strict, Timestamp } from './shared.ts'

/** What a flow told the people of a desk. */
export const NoticeView = Type.Object(
  {
    id: Id,
    flow: Type.Object({ id: Id, name: Type.String() }, strict),
    /** The step that told it, in the last run that did; null: the flow itself, which was to turn on. */
    node: Nullable(Type.String()),
    nodeName: Nullable(Type.String()),
    severity: Type.Enum(['info', 'warning', 'critical']),
    desk: Desk,
    message: Type.String(),
    run: Nullable(Id),
    /** How many records told it, and when the last one did. */
    occurrences: Type.Integer(),
    createdAt: Timestamp,
    lastAt: Timestamp,
    closedAt: Nullable(Timestamp),
    closedBy: Nullable(Type.String()),
  },
  strict,
)
export type NoticeView = Static<typeof NoticeView>

export const NoticeParams = Type.Object({ workspace: Id, notice: Id }, strict)
/** `GET …/notices`, newest first. */
export const NoticeListQuery = Type.Object(
  {
    state: Type.Optional(Type.Enum(['open', 'closed'])),
    desk: Type.Optional(Desk),
    flow: Type.Optional(Id),
    ...PageQuery,
  },
  strict,
)
export const NoticeList = PageOf(NoticeView)
export type NoticeList = Static<typeof NoticeList>
