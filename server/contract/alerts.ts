import { type Static, Type } from 'typebox'
import { Id, Name, Nullable, PageOf, PageQuery, strict, Timestamp } from './shared.ts'

/** What a rule watches for, by its kind. */
export const AlertWatch = Type.Union([
  /** A flow's last run failed, or the flow stopped and waits for a person. */
  Type.Object({ kind: Type.Literal('failure') }, strict),
  /** Nothing for so many minutes: no run at all, no row read, no cursor that moved on. */
  Type.Object(
    {
      kind: Type.Literal('silence'),
      of: Type.Enum(['runs', 'rows', 'progress']),
      minutes: Type.Integer({ minimum: 5, maximum: 43_200 }),
    },
    strict,
  ),
  /** So many exceptions of a flow and desk are open. */
  Type.Object(
    {
      kind: Type.Literal('exceptions'),
      atLeast: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
      desk: Type.Optional(Type.Enum(['finance', 'marketing', 'technical'])),
    },
    strict,
  ),
  /** A connection has used so much of what its remote allows in a day. */
  Type.Object({ kind: Type.Literal('budget'), percent: Type.Integer({ minimum: 10, maximum: 100 }) }, strict),
  /** A sign-in or an API token ends within so many days. */
  Type.Object({ kind: Type.Literal('expiry'), days: Type.Integer({ minimum: 1, maximum: 90 }) }, strict),
  /** A flow's step “Notify” has said something at least so grave. */
  Type.Object({ kind: Type.Literal('notice'), severity: Type.Enum(['info', 'warning', 'critical']) }, strict),
])
export type AlertWatch = Static<typeof AlertWatch>

/** Over one of the workspace's connections (E-mail; Slack, Teams, webhook). `address`: for e-mail, whoever it is. */
export const AlertRecipient = Type.Object(
  { connection: Id, address: Type.Optional(Type.String({ minLength: 3, maxLength: 254 })) },
  strict,
)
export type AlertRecipient = Static<typeof AlertRecipient>

const Recipients = Type.Array(AlertRecipient, { maxItems: 50 })
const TimeOfDay = Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$' })

export const AlertRuleRequest = Type.Object(
  {
    name: Name,
    watch: AlertWatch,
    /** One flow; absent: all. */
    flow: Type.Optional(Nullable(Id)),
    /** None: it stands in the list of alerts only. */
    recipients: Recipients,
    /** When nobody has taken it on after so many minutes, these are told too. */
    escalate: Type.Optional(
      Nullable(
        Type.Object({ afterMinutes: Type.Integer({ minimum: 5, maximum: 10_080 }), recipients: Recipients }, strict),
      ),
    ),
    /** Messages wait until its end; what has passed by then is told to nobody. */
    quiet: Type.Optional(Nullable(Type.Object({ from: TimeOfDay, to: TimeOfDay }, strict))),
    /** Messages of so many minutes come as one. 0: at once. */
    digestMinutes: Type.Integer({ minimum: 0, maximum: 1440, default: 0 }),
    /** IANA name: of the quiet hours, and of the times in sentences. */
    zone: Type.String({ minLength: 1, maxLength: 64 }),
    enabled: Type.Boolean({ default: true }),
    /** What the server says of a rule. Taken, so that one can send what one has read, and left alone. */
    ...{ id: Type.Optional(Id), open: Type.Optional(Type.Integer()) },
    ...{ changedAt: Type.Optional(Timestamp), changedBy: Type.Optional(Nullable(Type.String())) },
  },
  strict,
)
export type AlertRuleRequest = Static<typeof AlertRuleRequest>

export const AlertRuleView = Type.Object(
  {
    ...AlertRuleRequest.properties,
    flow: Nullable(Id),
    escalate: Nullable(Type.Object({ afterMinutes: Type.Integer(), recipients: Type.Array(AlertRecipient) }, strict)),
    quiet: Nullable(Type.Object({ from: Type.String(), to: Type.String() }, strict)),
    id: Id,
    /** Alerts of it that are open. */
    open: Type.Integer(),
    changedAt: Timestamp,
    changedBy: Nullable(Type.String()),
  },
  strict,
)
export type AlertRuleView = Static<typeof AlertRuleView>

/** `GET …/alert-rules`; `channels`: connections that messages can go over. */
export const AlertRuleList = Type.Object(
  {
    items: Type.Array(AlertRuleView),
    channels: Type.Array(Type.Object({ id: Id, name: Type.String(), mail: Type.Boolean() }, strict)),
  },
  strict,
)
export type AlertRuleList = Static<typeof AlertRuleList>

export const AlertRuleParams = Type.Object({ workspace: Id, rule: Id }, strict)
export const AlertParams = Type.Object({ workspace: Id, alert: Id }, strict)

export const AlertView = Type.Object(
  {
    id: Id,
    rule: Type.Object({ id: Id, name: Type.String() }, strict),
    severity: Type.Enum(['warning', 'critical']),
    /** What it means for the business: “Invoices since 06:10 are not in Emarsys.” */
    sentence: Type.String(),
    /** Where it comes from, in the words of the run or the other system. */
    detail: Type.String(),
    flow: Nullable(Id),
    connection: Nullable(Id),
    openedAt: Timestamp,
    resolvedAt: Nullable(Timestamp),
    acknowledgedAt: Nullable(Timestamp),
    acknowledgedBy: Nullable(Type.String()),
    escalatedAt: Nullable(Timestamp),
  },
  strict,
)
export type AlertView = Static<typeof AlertView>

/** `GET …/alerts`, newest first. */
export const AlertListQuery = Type.Object(
  { state: Type.Optional(Type.Enum(['open', 'resolved'])), ...PageQuery },
  strict,
)
export const AlertList = PageOf(AlertView)
export type AlertList = Static<typeof AlertList>

export const AlertMessageView = Type.Object(
  {
    id: Id,
    rule: Type.Object({ id: Id, name: Type.String() }, strict),
    kind: Type.Enum(['open', 'resolve', 'escalation', 'test']),
    text: Type.String(),
    /** Name of the connection, null when it is gone; the address only for e-mail. */
    over: Nullable(Type.String()),
    address: Nullable(Type.String()),
    state: Type.Enum(['waiting', 'sending', 'sent', 'failed', 'unknown', 'dropped']),
    dueAt: Timestamp,
    settledAt: Nullable(Timestamp),
    error: Nullable(Type.String()),
  },
  strict,
)
export type AlertMessageView = Static<typeof AlertMessageView>

/** `GET …/alert-messages`, newest first: what was told to whom. */
export const AlertMessageQuery = Type.Object({ ...PageQuery }, strict)
export const AlertMessageList = PageOf(AlertMessageView)
export type AlertMessageList = Static<typeof AlertMessageList>
