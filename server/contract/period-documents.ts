import { type Static, Type } from 'typebox'
import { ChangedSince, Period, SignOffView } from './periods.ts'
import { Decimal, Id, Nullable, PageQuery, strict } from './shared.ts'

/** `GET …/periods/:period/documents`: what the newest checks found, document by document. */
export const DocumentQuery = Type.Object(
  {
    flow: Type.Optional(Id),
    /** Empty: the account's own. */
    currency: Type.Optional(Type.String({ maxLength: 20 })),
    /** Without it all of them. */
    only: Type.Optional(Type.Enum(['differing'])),
    cursor: Type.Optional(Type.String({ maxLength: 600, description: 'The `next` of the page before.' })),
    limit: PageQuery.limit,
  },
  strict,
)
export const PeriodDocument = Type.Object(
  {
    flow: Id,
    /** Its key in the ledger of effects. */
    document: Type.String(),
    /** What people call it; empty where rows do not say. */
    name: Type.String(),
    currency: Type.String(),
    source: Decimal,
    ledger: Decimal,
    /** Source less ledger. */
    difference: Decimal,
    state: Type.Enum(['agree', 'different', 'missing', 'extra']),
  },
  strict,
)
export type PeriodDocument = Static<typeof PeriodDocument>
export const PeriodDocuments = Type.Object({ items: Type.Array(PeriodDocument), next: Nullable(Type.String()) }, strict)
export type PeriodDocuments = Static<typeof PeriodDocuments>

/** `GET …/periods/:period/export`: as CSV, its columns in docs/periods.md. */
export const MonthExportQuery = Type.Object(
  {
    flow: Type.Optional(Id),
    only: Type.Optional(Type.Enum(['differing'])),
    /** A check that was signed, instead of the newest one of its flow. */
    run: Type.Optional(Id),
  },
  strict,
)

/** `GET …/periods/:period/flows/:flow/changes`: what is other than when the month was signed. */
export const ChangeQuery = Type.Object(
  {
    cursor: Type.Optional(Type.String({ maxLength: 600, description: 'The `next` of the page before.' })),
    limit: PageQuery.limit,
  },
  strict,
)
const Sides = Nullable(Type.Object({ source: Decimal, ledger: Decimal }, strict))
export const PeriodChanges = Type.Object(
  {
    /** By the newest check. Null: it was not there. */
    items: Type.Array(
      Type.Object(
        {
          document: Type.String(),
          name: Type.String(),
          currency: Type.String(),
          signed: Sides,
          now: Sides,
        },
        strict,
      ),
    ),
    next: Nullable(Type.String()),
    /** Something was sent or taken back for them since: what they amount to now, the next check says. At most 1,000. */
    sent: Type.Array(Type.Object({ document: Type.String(), name: Type.String() }, strict)),
  },
  strict,
)
export type PeriodChanges = Static<typeof PeriodChanges>

/** `GET …/sign-offs`: of all months and flows, newest first. */
export const SignOffQuery = Type.Object(
  {
    period: Type.Optional(Period),
    flow: Type.Optional(Id),
    ...PageQuery,
  },
  strict,
)
export const SignOffList = Type.Object(
  {
    items: Type.Array(
      Type.Object(
        {
          ...SignOffView.properties,
          id: Id,
          flow: Type.Object({ id: Id, name: Type.String() }, strict),
          period: Period,
          /** No later one, nor a re-opening, stands beside it. */
          counts: Type.Boolean(),
          /** Of one that counts. Null: nothing. */
          changed: Nullable(ChangedSince),
        },
        strict,
      ),
    ),
    next: Nullable(Type.String()),
  },
  strict,
)
export type SignOffList = Static<typeof SignOffList>
