import { type Static, Type } from 'typebox'
import { RunState } from './runs.ts'
import { Decimal, Id, Nullable, strict, Timestamp } from './shared.ts'

/** A calendar month, YYYY-MM. */
export const Period = Type.String({ pattern: '^(?:20|21)[0-9]{2}-(?:0[1-9]|1[0-2])$' })
const Day = Type.String({ format: 'date' })
/** SHA-256, in hex. */
const Evidence = Type.String({ pattern: '^[0-9a-f]{64}$' })

export const PeriodParams = Type.Object({ workspace: Id, period: Period }, strict)
export const PeriodFlowParams = Type.Object({ workspace: Id, period: Period, flow: Id }, strict)

/** Of one currency. */
export const PeriodSum = Type.Object(
  {
    /** Empty: the account's own, where rows name none. */
    currency: Type.String(),
    source: Decimal,
    ledger: Decimal,
    /** Source less ledger. */
    difference: Decimal,
  },
  strict,
)
export type PeriodSum = Static<typeof PeriodSum>

/** What the source has now against what the ledger of effects holds as sent. */
export const PeriodTotals = Type.Object(
  {
    /** By what stands on the two sides: the same, other rows, only the source has it, only the ledger has it. */
    documents: Type.Object(
      { agree: Type.Integer(), different: Type.Integer(), missing: Type.Integer(), extra: Type.Integer() },
      strict,
    ),
    sums: Type.Array(PeriodSum),
  },
  strict,
)
export type PeriodTotals = Static<typeof PeriodTotals>

export const CheckView = Type.Object(
  {
    /** The dry run that it is; its steps show the records. */
    run: Id,
    state: RunState,
    reason: Nullable(Type.String()),
    /** Null until it has come to its end, and when it failed. */
    totals: Nullable(PeriodTotals),
    /** SHA-256 over its documents, in hex; null where they were not kept yet. */
    evidence: Nullable(Evidence),
    /** Records that could not come through: they are on neither side. */
    setAside: Type.Integer(),
    /** Every document is the same on both sides, and no record was set aside. */
    agrees: Type.Boolean(),
    /** The flow sent something since it began, or runs another version: it says nothing of today. */
    old: Type.Boolean(),
    at: Timestamp,
    endedAt: Nullable(Timestamp),
    by: Nullable(Type.String()),
  },
  strict,
)
export type CheckView = Static<typeof CheckView>

export const SignOffView = Type.Object(
  {
    /** It is signed off, or that was taken back: `note` says why, and the figures are those it takes back. */
    kind: Type.Enum(['signed', 'reopened']),
    run: Id,
    totals: PeriodTotals,
    evidence: Nullable(Evidence),
    setAside: Type.Integer(),
    note: Nullable(Type.String()),
    by: Nullable(Type.String()),
    at: Timestamp,
  },
  strict,
)
export type SignOffView = Static<typeof SignOffView>

/** What is other than when a month was signed. */
export const ChangedSince = Type.Object(
  {
    /** Documents whose amounts the newest check found otherwise. */
    documents: Type.Integer(),
    /** Documents for which something was sent or taken back since; 1,000 stands for that many or more. */
    sent: Type.Integer(),
  },
  strict,
)
export type ChangedSince = Static<typeof ChangedSince>

export const PeriodFlow = Type.Object(
  {
    flow: Type.Object({ id: Id, name: Type.String() }, strict),
    /** By which date each read limits itself to the month. */
    reads: Type.Array(Type.Object({ node: Type.String(), name: Type.String(), by: Type.String() }, strict)),
    /** The newest with totals. */
    check: Nullable(CheckView),
    /** One that came after it: it goes on, or it failed. */
    latest: Nullable(CheckView),
    /** The last one. */
    signOff: Nullable(SignOffView),
    /** Since it was signed; null: it is not signed off, or nothing changed. */
    changed: Nullable(ChangedSince),
  },
  strict,
)
export type PeriodFlow = Static<typeof PeriodFlow>

/** `GET …/periods/:period`: the flows that send money by difference and can be checked. `to` is the day after the last. */
export const PeriodView = Type.Object(
  {
    period: Period,
    from: Day,
    to: Day,
    /** Its last day is over everywhere. */
    over: Type.Boolean(),
    flows: Type.Array(PeriodFlow),
    /** Of all flows that were checked, by currency. A document that several of them send counts once, as checked last. */
    totals: Type.Array(PeriodSum),
  },
  strict,
)
export type PeriodView = Static<typeof PeriodView>

/** `POST …/periods/:period/flows/:flow/sign-off` */
export const SignOffRequest = Type.Object(
  {
    /** The check that was looked at. */
    run: Id,
    /** Why it is right although it does not agree. */
    note: Type.Optional(Type.String({ minLength: 1, maxLength: 1000, pattern: '\\S' })),
  },
  strict,
)
export type SignOffRequest = Static<typeof SignOffRequest>

/** `POST …/periods/:period/flows/:flow/reopen` */
export const ReopenRequest = Type.Object(
  { reason: Type.String({ minLength: 1, maxLength: 1000, pattern: '\\S' }) },
  strict,
)
export type ReopenRequest = Static<typeof ReopenRequest>
