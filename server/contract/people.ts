import { type Static, Type } from 'typebox'
import { Code } from './proofs.ts'
import { ROLES } from './roles.ts'
import { Id, Name, Nullable, strict, Timestamp } from './shared.ts'

export const Permission = Type.Enum([
  'workspace.read',
  'workspace.manage',
  'flows.read',
  'flows.edit',
  'flows.publish',
  'flows.approve',
  'answers.edit',
  'policy.edit',
  'flows.switch',
  'flows.run',
  'runs.read',
  'runs.cancel',
  'runs.rerun',
  'runs.backfill',
  'lanes.manage',
  'periods.read',
  'periods.check',
  'periods.sign',
  'periods.export',
  'operations.read',
  'payloads.read',
  'payloads.reveal',
  'exceptions.read',
  'exceptions.open',
  'exceptions.dismiss',
  'exceptions.retry',
  'exceptions.assign',
  'effects.settle',
  'hooks.read',
  'hooks.manage',
  'connections.read',
  'connections.options',
  'connections.test',
  'connections.renew',
  'connections.manage',
  'suppressions.read',
  'suppressions.manage',
  'alerts.read',
  'alerts.acknowledge',
  'alerts.manage',
  'reports.make',
  'reports.answer',
  'data.export',
  'data.erase',
  'files.read',
  'files.manage',
  'tokens.own',
  'audit.read',
  'people.read',
  'people.invite',
  'people.manage',
])
/** What a role allows within one workspace; server/api/http/permissions.ts says which role allows what. */
export type Permission = Static<typeof Permission>

const Email = Type.String({ format: 'email', maxLength: 254 })
/** Counted in characters. Longer is better than stranger; there are no rules on kinds of characters. */
export const MIN_PASSWORD = 12
const NewPassword = Type.String({ minLength: MIN_PASSWORD, maxLength: 200 })

/** `POST /setup`: the one-time link makes the owner and the first workspace, and signs in. */
export const SetupRequest = Type.Object(
  {
    token: Type.String({ minLength: 20, maxLength: 100 }),
    email: Email,
    name: Name,
    password: NewPassword,
    workspace: Name,
  },
  strict,
)
export type SetupRequest = Static<typeof SetupRequest>

/** `GET /setup` */
export const SetupState = Type.Object(
  { done: Type.Boolean({ description: 'False: the set-up link has to be opened first.' }) },
  strict,
)
export type SetupState = Static<typeof SetupState>

/** `POST /session` */
export const SignInRequest = Type.Object(
  {
    email: Email,
    password: Type.String({ minLength: 1, maxLength: 200 }),
    /** Asked for with SECOND_FACTOR_ASKED. */
    code: Type.Optional(Code),
  },
  strict,
)
export type SignInRequest = Static<typeof SignInRequest>

export const Membership = Type.Object(
  {
    id: Id,
    name: Type.String(),
    role: Type.Enum([...ROLES]),
    permissions: Type.Array(Permission),
    lacks: Nullable(
      Type.Enum(['SSO_REQUIRED', 'SECOND_FACTOR_NEEDED'], {
        description: 'What the workspace asks for and this session has not given: nothing of it opens before.',
      }),
    ),
    deleteAfter: Nullable(
      Type.String({
        format: 'date-time',
        description: 'It is being closed: everything in it is off and can only be read, until it is deleted then.',
      }),
    ),
  },
  strict,
)
export type Membership = Static<typeof Membership>

const Numbers = Type.Enum(['1,234.5', '1.234,5', '1 234,5', '1’234.5'])
const Dates = Type.Enum(['2026-11-28', '28.11.2026', '28/11/2026', '11/28/2026', '28 Nov 2026'])
const Clock = Type.Enum(['24', '12'])
const Zone = Type.String({ maxLength: 60, description: 'Of the IANA list, such as Europe/Berlin.' })
const Theme = Type.Enum(['auto', 'light', 'dark'])
const Density = Type.Enum(['comfortable', 'standard', 'compact'])
const WeeklyZone = Type.String({
  maxLength: 60,
  description: 'Of the browser it was asked for in; `zone` goes before it.',
})

/** How a person wants things written; what is missing follows the browser. */
export const Preferences = Type.Object(
  {
    numbers: Type.Optional(Numbers),
    dates: Type.Optional(Dates),
    clock: Type.Optional(Clock),
    zone: Type.Optional(Zone),
    theme: Type.Optional(Theme),
    density: Type.Optional(Density),
    weekly: Type.Optional(
      Type.Object(
        {
          workspaces: Type.Array(Id),
          zone: WeeklyZone,
          stopped: Type.Optional(
            Type.Record(Id, Timestamp, {
              description: 'Of which workspaces it was stopped by the link in it, and when.',
            }),
          ),
        },
        { ...strict, description: 'Of which workspaces one wants the e-mail of Monday morning.' },
      ),
    ),
  },
  strict,
)
export type Preferences = Static<typeof Preferences>

/** `PATCH /me/preferences`: what it names changes, by null to what the browser does; all else stays. */
export const PreferencesChange = Type.Object(
  {
    numbers: Type.Optional(Nullable(Numbers)),
    dates: Type.Optional(Nullable(Dates)),
    clock: Type.Optional(Nullable(Clock)),
    zone: Type.Optional(Nullable(Zone)),
    theme: Type.Optional(Nullable(Theme)),
    density: Type.Optional(Nullable(Density)),
    weekly: Type.Optional(
      Type.Object(
        {
          workspaces: Type.Record(Id, Type.Boolean(), {
            maxProperties: 500,
            description: 'Workspaces to begin with (true) and to end (false); others stay as they are.',
          }),
          zone: WeeklyZone,
        },
        strict,
      ),
    ),
  },
  { ...strict, minProperties: 1 },
)
export type PreferencesChange = Static<typeof PreferencesChange>

/** As it stands in a letter: server/weekly/stop-link.ts. */
export const StopLetterParams = Type.Object({ token: Type.String({ minLength: 1, maxLength: 200 }) }, strict)

/** `GET /me`, and the answer to signing in. */
export const Me = Type.Object(
  {
    user: Type.Object({ id: Id, email: Type.String(), name: Type.String() }, strict),
    workspaces: Type.Array(Membership),
    via: Type.Enum(['session', 'token']),
    /** In which ways the person can show who they are. */
    ways: Type.Object({ password: Type.Boolean(), secondFactor: Type.Boolean(), sso: Type.Boolean() }, strict),
    preferences: Preferences,
    mail: Type.Boolean({ description: 'The installation sends e-mail.' }),
  },
  strict,
)
export type Me = Static<typeof Me>

/** `POST /workspaces` */
export const NewWorkspace = Type.Object({ name: Name }, strict)
export type NewWorkspace = Static<typeof NewWorkspace>

export const TokenView = Type.Object(
  {
    id: Id,
    name: Type.String(),
    /** What the token begins with, to find it again: `tl_1a2b3c4d`. */
    prefix: Type.String(),
    createdAt: Timestamp,
    expiresAt: Nullable(Timestamp),
    usedAt: Nullable(Timestamp),
    revokedAt: Nullable(Timestamp),
    scopes: Nullable(Type.Array(Type.String({ description: 'Permissions; null: all of your role.' }))),
    addresses: Nullable(Type.Array(Type.String({ description: 'From where it is taken; null: from everywhere.' }))),
  },
  strict,
)
export type TokenView = Static<typeof TokenView>

/** Where requests have to come from. */
const Addresses = Type.Array(Type.String({ minLength: 1, maxLength: 60 }), {
  minItems: 1,
  maxItems: 50,
  description: 'Addresses, or networks such as 203.0.113.0/24, from which the token is taken.',
})

/** `PATCH …/tokens/:token`: null: from everywhere. */
export const TokenChange = Type.Object({ addresses: Nullable(Addresses) }, strict)
export type TokenChange = Static<typeof TokenChange>

/** `POST …/tokens` */
export const NewToken = Type.Object(
  {
    name: Name,
    expiresInDays: Type.Optional(Type.Integer({ minimum: 1, maximum: 730 })),
    scopes: Type.Optional(
      Type.Array(Permission, {
        minItems: 1,
        maxItems: 100,
        uniqueItems: true,
        description: 'What the token may do, of what you may. Without it: all of that.',
      }),
    ),
    addresses: Type.Optional(Addresses),
  },
  strict,
)
export type NewToken = Static<typeof NewToken>

/** `secret` is shown this once. */
export const CreatedToken = Type.Object({ token: TokenView, secret: Type.String() }, strict)
export type CreatedToken = Static<typeof CreatedToken>

/** `GET …/tokens`: one's own. */
export const TokenList = Type.Object({ items: Type.Array(TokenView) }, strict)
export type TokenList = Static<typeof TokenList>
export const TokenParams = Type.Object({ workspace: Id, token: Id }, strict)

/** `GET /workspaces` */
export const WorkspaceList = Type.Object({ items: Type.Array(Membership) }, strict)
export type WorkspaceList = Static<typeof WorkspaceList>

export const MemberView = Type.Object(
  {
    user: Id,
    email: Type.String(),
    name: Type.String(),
    role: Type.Enum([...ROLES]),
    since: Timestamp,
    disabled: Type.Boolean({ description: 'Cannot sign in any more, here or elsewhere.' }),
  },
  strict,
)
export type MemberView = Static<typeof MemberView>

/** `GET …/members` */
export const MemberList = Type.Object({ items: Type.Array(MemberView) }, strict)
export type MemberList = Static<typeof MemberList>
export const MemberParams = Type.Object({ workspace: Id, user: Id }, strict)

/** `PATCH …/members/:user` */
export const MemberPatch = Type.Object({ role: Type.Enum([...ROLES]) }, strict)
export type MemberPatch = Static<typeof MemberPatch>

export const InvitationView = Type.Object(
  {
    id: Id,
    email: Type.String(),
    role: Type.Enum([...ROLES]),
    invitedBy: Nullable(Type.String()),
    createdAt: Timestamp,
    expiresAt: Timestamp,
  },
  strict,
)
export type InvitationView = Static<typeof InvitationView>

/** `GET …/invitations`: those that can still be used. */
export const InvitationList = Type.Object({ items: Type.Array(InvitationView) }, strict)
export type InvitationList = Static<typeof InvitationList>
export const InvitationParams = Type.Object({ workspace: Id, invitation: Id }, strict)

/** `POST …/invitations`. An earlier one to the same address ends. */
export const NewInvitation = Type.Object({ email: Email, role: Type.Enum([...ROLES]) }, strict)
export type NewInvitation = Static<typeof NewInvitation>

/** `link` is shown this once; who opens it first, within seven days, becomes a member. `sent`: it went by e-mail. */
const CREATED = { invitation: InvitationView, link: Type.String(), sent: Type.Boolean() }
export const CreatedInvitation = Type.Object(CREATED, strict)
export type CreatedInvitation = Static<typeof CreatedInvitation>

const Secret = Type.String({ minLength: 20, maxLength: 100 })

/** `POST /invitations/look` */
export const InvitationLook = Type.Object({ token: Secret }, strict)
export type InvitationLook = Static<typeof InvitationLook>

/** What an invitation says before it is taken. Not whether the address has an account: whoever invited has the link too. */
export const InvitationCard = Type.Object(
  {
    workspace: Type.String(),
    email: Type.String(),
    role: Type.Enum([...ROLES]),
    /** The workspace takes only people who come by single sign-on: no password is made. */
    sso: Type.Boolean(),
  },
  strict,
)
export type InvitationCard = Static<typeof InvitationCard>

/** `POST /invitations/accept`. Somebody new gives name and password; who has an account is signed in. */
export const InvitationAccept = Type.Object(
  { token: Secret, name: Type.Optional(Name), password: Type.Optional(NewPassword) },
  strict,
)
export type InvitationAccept = Static<typeof InvitationAccept>

export const SessionView = Type.Object(
  {
    id: Id,
    createdAt: Timestamp,
    seenAt: Timestamp,
    expiresAt: Timestamp,
    address: Type.String(),
    agent: Type.String(),
    current: Type.Boolean(),
  },
  strict,
)
export type SessionView = Static<typeof SessionView>

/** `GET /me/sessions` */
export const SessionList = Type.Object({ items: Type.Array(SessionView) }, strict)
export type SessionList = Static<typeof SessionList>
export const SessionParams = Type.Object({ session: Id }, strict)

/** `PUT /me/password`: all other sessions end. */
export const PasswordChange = Type.Object(
  { current: Type.String({ minLength: 1, maxLength: 200 }), next: NewPassword },
  strict,
)
export type PasswordChange = Static<typeof PasswordChange>

/** `PUT /password`: with the one-time link of `npm run recover`, or of an e-mail. All sessions end. */
export const PasswordReset = Type.Object({ token: Secret, password: NewPassword }, strict)
export type PasswordReset = Static<typeof PasswordReset>

/** `POST /password/forgotten` */
export const ForgottenPassword = Type.Object({ email: Email }, strict)
export type ForgottenPassword = Static<typeof ForgottenPassword>

/** `POST …/members/:user/password-link`: shown this once. */
export const PasswordLink = Type.Object({ link: Type.String() }, strict)
export type PasswordLink = Static<typeof PasswordLink>

const FlowNamed = Type.Object({ id: Id, name: Type.String() }, strict)
/** `GET …/members/:user/holdings` */
export const MemberHoldings = Type.Object(
  {
    tokens: Type.Array(
      Type.Object({ name: Type.String(), prefix: Type.String(), usedAt: Nullable(Timestamp) }, strict),
    ),
    approvals: Type.Integer({ description: 'Requests for a second person that wait.' }),
    invitations: Type.Integer({ description: 'Links that can still be used.' }),
    exceptions: Type.Integer({ description: 'Open ones that were handed to them.' }),
    drafts: Type.Array(FlowNamed),
    alertRules: Type.Array(Type.Object({ id: Id, name: Type.String(), alone: Type.Boolean() }, strict), {
      description: 'Rules for alerts that write to their address. alone: to nobody else.',
    }),
    turnOns: Type.Array(FlowNamed, { description: 'To turn on by themselves as they have set it; these stay off.' }),
    mentions: Type.Array(FlowNamed, { description: 'Flows that are live and name their address.' }),
  },
  strict,
)
export type MemberHoldings = Static<typeof MemberHoldings>
