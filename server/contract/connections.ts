import { type Static, Type } from 'typebox'
import { Id, JsonObject, Name, Nullable, strict, Timestamp } from './shared.ts'

export { UNUSED_DAYS } from '../flow/unused-days.ts'

export const ConnectionParams = Type.Object({ workspace: Id, connection: Id }, strict)

export const ConnectionFinding = Type.Object(
  {
    title: Type.String(),
    ok: Type.Boolean(),
    detail: Type.String(),
    said: Type.Optional(
      Type.String({ description: 'The other system’s own words, where the detail says it plainly.' }),
    ),
    warning: Type.Optional(Type.Boolean({ description: 'It works, but not for long: something is to be done.' })),
    tried: Type.Optional(
      Type.Record(Type.String({ maxLength: 100 }), Type.Boolean(), {
        description: 'Permissions that were tried, and whether the other system grants each.',
      }),
    ),
  },
  strict,
)

/**
 * What the other system allows, and what of it is used by all who share the limit: other connections to the same
 * organisation or credential too.
 */
export const ConnectionBudget = Type.Object(
  {
    perMinute: Nullable(Type.Integer()),
    perDay: Nullable(Type.Integer()),
    usedMinute: Type.Integer(),
    /** Of the last 24 hours; null where the day is not limited. */
    usedDay: Nullable(Type.Integer()),
    /** The other system asked for a pause until then. */
    pausedUntil: Nullable(Timestamp),
    /** When the day’s calls will be used up if it goes on as in the last hour; null: not within a day. */
    dayFullAt: Nullable(Timestamp),
  },
  strict,
)

/** `off`: nothing had used it for long; nothing is called over it until somebody turns it on. */
export const ConnectionStanding = Type.Enum(['new', 'ready', 'sign-in-needed', 'off'])

/** A connection as it may be seen: never a secret, only which ones are set. */
export const ConnectionView = Type.Object(
  {
    id: Id,
    connector: Type.String(),
    name: Type.String(),
    /** Name of the login kind. */
    login: Type.String(),
    settings: JsonObject,
    /** Learnt at the first sign-in and never changed after: the organisation. */
    pinned: JsonObject,
    /** Names of the secrets that are set. */
    secretsSet: Type.Array(Type.String()),
    /** Holds tokens of a sign-in. */
    signedIn: Type.Boolean(),
    /** Signed in, and to which of several accounts is still to be chosen: `GET …/accounts`. */
    chooses: Type.Boolean(),
    state: ConnectionStanding,
    stateMessage: Nullable(Type.String()),
    findings: Nullable(Type.Array(ConnectionFinding)),
    testedAt: Nullable(Timestamp),
    /** The last day (UTC) on which a flow, or a choice in a form, reached the other system; null: never yet. Tests do not count. */
    usedOn: Nullable(Type.String({ format: 'date' })),
    /** When it was turned off because nothing used it. */
    offSince: Nullable(Timestamp),
    /** The day (UTC) on which it will be turned off, where that was announced. */
    turnsOffOn: Nullable(Type.String()),
    /** Runs that may use it at the same time; null: as many as come. */
    maxRuns: Nullable(Type.Integer()),
    /** As a person has noted it: the last day on which its secret works, YYYY-MM-DD. */
    validUntil: Nullable(Type.String({ format: 'date' })),
    /** When its sign-in ends, if that is known: the last day on which it works, why, and what to do. */
    ends: Nullable(
      Type.Object({ on: Type.String({ format: 'date' }), why: Type.String(), instead: Type.String() }, strict),
    ),
    /** Null where nothing is limited. */
    budget: Nullable(ConnectionBudget),
    /** Flows with a slot bound to it. */
    usedBy: Type.Array(Type.Object({ id: Id, name: Type.String() }, strict)),
    createdAt: Timestamp,
    updatedAt: Timestamp,
  },
  strict,
)
export type ConnectionView = Static<typeof ConnectionView>

export const ConnectionList = Type.Object({ items: Type.Array(ConnectionView) }, strict)
export type ConnectionList = Static<typeof ConnectionList>

/** `GET …/connections/:connection/accounts` */
export const AccountList = Type.Object(
  {
    /** What they are: “Organisation”. */
    title: Type.String(),
    items: Type.Array(Type.Object({ id: Type.String(), name: Type.String() }, strict)),
  },
  strict,
)
export type AccountList = Static<typeof AccountList>

/** `PUT …/connections/:connection/accounts` */
export const AccountChoice = Type.Object({ account: Type.String({ minLength: 1, maxLength: 200 }) }, strict)
export type AccountChoice = Static<typeof AccountChoice>

/** Checked against the login kind's schema. Write-only. */
const Secrets = Type.Record(
  Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_]{0,63}$' }),
  Type.String({ maxLength: 8000 }),
  strict,
)

/** `POST …/connections` */
export const NewConnection = Type.Object(
  {
    connector: Type.String({ maxLength: 64 }),
    name: Name,
    login: Type.String({ maxLength: 64 }),
    /** Checked against the connector's schema. */
    settings: JsonObject,
    secrets: Secrets,
  },
  strict,
)
export type NewConnection = Static<typeof NewConnection>

/** Most runs that a connection can be kept to; who wants more sets no limit. */
export const MOST_RUNS = 100

/** `PATCH …/connections/:connection`: settings are replaced as a whole, secrets one by one. */
export const ConnectionPatch = Type.Object(
  {
    name: Type.Optional(Name),
    settings: Type.Optional(JsonObject),
    secrets: Type.Optional(Secrets),
    /** Runs that may use it at the same time, over all flows; null takes the limit away. Those at work go on. */
    maxRuns: Type.Optional(Nullable(Type.Integer({ minimum: 1, maximum: MOST_RUNS }))),
    /** The last day on which its secret works, where somebody knows; null takes it away. */
    validUntil: Type.Optional(Nullable(Type.String({ format: 'date' }))),
  },
  { ...strict, minProperties: 1 },
)
export type ConnectionPatch = Static<typeof ConnectionPatch>

/** How many days ahead the end of a sign-in is announced. */
export const ENDS_SOON_DAYS = 14

/** `DELETE …/connections/:connection` */
export const DeleteConnectionQuery = Type.Object(
  {
    /** Delete it although the other system could not be told: then the sign-in has to be ended there by hand. */
    anyway: Type.Optional(Type.Boolean()),
  },
  strict,
)

/** What became of its sign-in in the other system. */
export const GivenBack = Type.Object(
  { signIn: Type.Enum(['revoked', 'no-sign-in', 'used-elsewhere', 'not-revoked']) },
  strict,
)
export type GivenBack = Static<typeof GivenBack>

/** A permission of the other system, in its spelling, that flows bound to the connection need. */
const ConnectionNeed = Type.Object(
  {
    permission: Type.String(),
    /** Whether the connection has it; null where nobody has asked the other system yet, or it does not say. */
    asked: Nullable(Type.Boolean()),
    /** Who knows: the connection's settings, which ask for it, or its last test. */
    says: Type.Union([Type.Literal('settings'), Type.Literal('test')]),
    uses: Type.Array(
      Type.Object(
        {
          flow: Type.Object({ id: Id, name: Type.String() }, strict),
          /** The version that runs needs it. */
          live: Type.Boolean(),
          draft: Type.Boolean(),
          /** Names of the steps, of the live version if that needs it. */
          steps: Type.Array(Type.String()),
        },
        strict,
      ),
    ),
  },
  strict,
)
export type ConnectionNeed = Static<typeof ConnectionNeed>

/** `GET …/connections/:connection/needs`: what is missing comes first. */
export const ConnectionNeeds = Type.Object({ items: Type.Array(ConnectionNeed) }, strict)
export type ConnectionNeeds = Static<typeof ConnectionNeeds>

export const OptionParams = Type.Object(
  { workspace: Id, connection: Id, source: Type.String({ pattern: '^[a-z][a-z-]{0,63}$' }) },
  strict,
)

/** Most options of one answer. */
export const MOST_OPTIONS = 1000

/** `GET …/connections/:connection/options/:source` */
export const OptionQuery = Type.Object(
  {
    /** Part of what is looked for, in label or value, whatever its case. */
    search: Type.Optional(Type.String({ maxLength: 200 })),
    /** Ask the other system again, instead of taking an answer of the last minute. */
    fresh: Type.Optional(Type.Boolean()),
  },
  strict,
)

/** What the setting may be, as the other system has it at the moment. */
export const OptionList = Type.Object(
  {
    items: Type.Array(Type.Object({ value: Type.String(), label: Type.String() }, strict)),
    /** There are others: search for them. */
    more: Type.Boolean(),
  },
  strict,
)
export type OptionList = Static<typeof OptionList>

/** `POST …/connections/:connection/test` */
export const TestResult = Type.Object(
  { ok: Type.Boolean(), findings: Type.Array(ConnectionFinding), connection: ConnectionView },
  strict,
)
export type TestResult = Static<typeof TestResult>

/** `POST …/connections/:connection/authorize`: send the browser there. */
export const AuthorizeAnswer = Type.Object({ url: Type.String() }, strict)
export type AuthorizeAnswer = Static<typeof AuthorizeAnswer>

/** `GET /oauth/callback` */
export const OAuthCallbackQuery = Type.Object(
  {
    state: Type.String({ minLength: 1, maxLength: 200 }),
    code: Type.Optional(Type.String({ maxLength: 4000 })),
    error: Type.Optional(Type.String({ maxLength: 500 })),
    error_description: Type.Optional(Type.String({ maxLength: 2000 })),
    /** Who answers (RFC 9207); not every provider says. */
    iss: Type.Optional(Type.String({ maxLength: 2000 })),
  },
  // Providers add parameters of their own (session_state); they are dropped.
  { additionalProperties: true },
)
