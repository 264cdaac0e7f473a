import { type Static, Type } from 'typebox'
import { Id, Name, Nullable, strict, Timestamp } from './shared.ts'

export const ROLES = ['owner', 'consultant', 'operator', 'finance', 'marketing', 'client', 'auditor'] as const

export const Permission = Type.Enum([
  'workspace.read',
  'workspace.manage',
  'flows.read',
  'flows.edit',
  'flows.publish',
  'answers.edit',
  'policy.edit',
  'flows.switch',
  'flows.run',
  'runs.read',
  'runs.cancel',
  'runs.rerun',
  'runs.backfill',
  'lanes.manage',
  'payloads.read',
  'exceptions.read',
  'exceptions.open',
  'exceptions.dismiss',
  'exceptions.retry',
  'effects.settle',
  'hooks.read',
  'hooks.manage',
  'connections.read',
  'connections.options',
  'connections.test',
  'connections.manage',
  'suppressions.read',
  'suppressions.manage',
  'tokens.own',
  'audit.read',
])
/** What a role allows within one workspace; server/api/permissions.ts says which role allows what. */
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
  { email: Email, password: Type.String({ minLength: 1, maxLength: 200 }) },
  strict,
)
export type SignInRequest = Static<typeof SignInRequest>

export const Membership = Type.Object(
  { id: Id, name: Type.String(), role: Type.Enum([...ROLES]), permissions: Type.Array(Permission) },
  strict,
)
export type Membership = Static<typeof Membership>

/** `GET /me`, and the answer to signing in. */
export const Me = Type.Object(
  {
    user: Type.Object({ id: Id, email: Type.String(), name: Type.String() }, strict),
    workspaces: Type.Array(Membership),
    via: Type.Enum(['session', 'token']),
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
  },
  strict,
)
export type TokenView = Static<typeof TokenView>

/** `POST …/tokens` */
export const NewToken = Type.Object(
  { name: Name, expiresInDays: Type.Optional(Type.Integer({ minimum: 1, maximum: 730 })) },
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
