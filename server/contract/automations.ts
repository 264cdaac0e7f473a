import { type Static, Type } from 'typebox'
import { ReportView } from './reports.ts'
import { Id, Nullable, strict, Timestamp } from './shared.ts'
import { TurnOnView } from './turn-on.ts'

/** The health of a flow in one of four words. */
export const Health = Type.Enum(['working', 'needs-you', 'on-it', 'off'])
export type Health = Static<typeof Health>

/** Something that a person has to do before a flow goes on as it should. */
export const Need = Type.Object(
  {
    kind: Type.Enum(['connection', 'ending', 'answers', 'stopped', 'stayed-off', 'exceptions']),
    /** What, and what follows. */
    message: Type.String(),
    since: Nullable(Timestamp),
    /** The connection to renew. */
    connection: Nullable(Id),
    /** Whether whoever asks can do it; else others have to. */
    yours: Type.Boolean(),
    /** Names of up to three others who can. */
    others: Type.Array(Type.String()),
  },
  strict,
)
export type Need = Static<typeof Need>

/** A flow as whoever owns the data sees it: no steps, no runs. */
export const Automation = Type.Object(
  {
    flow: Id,
    name: Type.String(),
    /** What it does, in a sentence. */
    sentence: Type.String(),
    enabled: Type.Boolean(),
    /** False: nothing is published yet, so it cannot be switched on. */
    published: Type.Boolean(),
    switchedAt: Nullable(Timestamp),
    health: Health,
    /** The last run that went through; items sent, of them or of other systems. */
    lastSync: Nullable(Type.Object({ at: Timestamp, read: Type.Integer(), sent: Type.Integer() }, strict)),
    nextDue: Nullable(Timestamp),
    /** When it turns on by itself, or what became of that; null once a person has switched it. */
    turnOn: Nullable(TurnOnView),
    /** Last seven days. */
    week: Type.Object({ read: Type.Integer(), sent: Type.Integer() }, strict),
    /** Items sent in each of the last seven times 24 hours, the oldest first. */
    days: Type.Array(Type.Integer()),
    needs: Type.Array(Need),
    /** How many settings of it whoever asks may change. */
    settings: Type.Integer(),
    /** Open reports, and those answered in the last seven days. */
    reports: Type.Array(ReportView),
  },
  strict,
)
export type Automation = Static<typeof Automation>

/** `GET …/automations` */
export const AutomationList = Type.Object(
  {
    items: Type.Array(Automation),
    /** People of the team to turn to: name and role. */
    team: Type.Array(Type.Object({ name: Type.String(), role: Type.String() }, strict)),
  },
  strict,
)
export type AutomationList = Static<typeof AutomationList>
