import { type Static, Type } from 'typebox'
import type { Changes as FlowChanges } from '../flow/version.ts'
import { InstallRequest } from './templates.ts'
import { Id, Nullable, strict, Timestamp } from './shared.ts'

// One flow for many clients: each client has a flow of its own that was made of it, in a workspace of its own.

const Place = { workspace: Id, flow: Id }
const Version = Type.Integer({ minimum: 1, maximum: 2_147_483_647 })

export const ClientView = Type.Object(
  {
    workspace: Type.Object({ id: Id, name: Type.String() }, strict),
    flow: Type.Object({ id: Id, name: Type.String() }, strict),
    /** Version of this flow that the client's was made of, or that was pushed to it last. */
    version: Type.Integer(),
    /** Number of the client's own version that runs; null before the first. */
    live: Nullable(Type.Integer()),
    enabled: Type.Boolean(),
    archived: Type.Boolean(),
    /** Whether you may publish there. */
    mayPush: Type.Boolean(),
    /** The last push, as far as it is what runs; it can be taken back. */
    lastPush: Nullable(
      Type.Object(
        {
          number: Type.Integer(),
          /** The client's own version that ran before. */
          before: Type.Integer(),
          /** The version of this flow that it was made of then. */
          from: Type.Integer(),
          author: Type.String(),
          at: Timestamp,
        },
        strict,
      ),
    ),
  },
  strict,
)
export type ClientView = Static<typeof ClientView>

const Outcome = Type.Enum(['added', 'pushed', 'rolled-back', 'refused', 'failed'])

/** What became of one client. */
export const ClientResult = Type.Object(
  {
    ...Place,
    name: Type.String(),
    outcome: Outcome,
    /** The client's version that runs now, where that changed. */
    number: Nullable(Type.Integer()),
    /** Why not, in words. */
    reason: Nullable(Type.String()),
  },
  strict,
)
export type ClientResult = Static<typeof ClientResult>

export const ClientPush = Type.Object(
  {
    id: Id,
    kind: Type.Enum(['add', 'push', 'roll-back']),
    version: Nullable(Type.Integer()),
    author: Type.String(),
    at: Timestamp,
    results: Type.Array(ClientResult),
  },
  strict,
)
export type ClientPush = Static<typeof ClientPush>

/** `GET …/flows/:flow/clients` */
export const ClientList = Type.Object(
  {
    items: Type.Array(ClientView),
    /** Clients in workspaces that you are no member of. */
    hidden: Type.Integer(),
    /** The last pushes, newest first, as far as you may see their clients. */
    pushes: Type.Array(ClientPush),
  },
  strict,
)
export type ClientList = Static<typeof ClientList>

/** `POST …/flows/:flow/clients`: makes the live version a flow of the client, bound, answered and published, and still off. */
export const AddClientRequest = Type.Object({ workspace: Id, ...InstallRequest.properties }, strict)
export type AddClientRequest = Static<typeof AddClientRequest>

const Chosen = Type.Array(Type.Object(Place, strict), { minItems: 1, maxItems: 100, uniqueItems: true })

/** `POST …/clients/preview` */
export const PreviewPushRequest = Type.Object({ version: Version, clients: Chosen }, strict)
export type PreviewPushRequest = Static<typeof PreviewPushRequest>

export const Refusal = Type.Object(
  {
    code: Type.String(),
    message: Type.String(),
    /** The slot without a connection, or the setting without a value. */
    slot: Type.Optional(Type.String()),
    field: Type.Optional(Type.String()),
  },
  strict,
)
export type Refusal = Static<typeof Refusal>

/** What a push would do to one client. */
export const ClientPreview = Type.Object(
  {
    ...Place,
    name: Type.String(),
    from: Nullable(Type.Integer()),
    to: Type.Integer(),
    /** Client's live version and draft as they were looked at: give them back with the push. */
    live: Nullable(Type.Integer()),
    revision: Nullable(Type.Integer()),
    enabled: Type.Boolean(),
    /** The draft there has changes that are not published; they stay in the draft. */
    draftChanged: Type.Boolean(),
    changes: Nullable(Type.Unsafe<FlowChanges>({ type: 'object', additionalProperties: true })),
    /** Both changed the same place: what the client has stays. */
    conflicts: Type.Array(Type.Object({ place: Type.String(), mine: Type.Unknown(), theirs: Type.Unknown() }, strict)),
    /** Nothing is pushed while there is one. */
    refusals: Type.Array(Refusal),
  },
  strict,
)
export type ClientPreview = Static<typeof ClientPreview>

export const PushPreview = Type.Object({ items: Type.Array(ClientPreview) }, strict)
export type PushPreview = Static<typeof PushPreview>

/** `POST …/clients/try`: a dry run at each client of what would run there after the push. */
export const Trials = Type.Object(
  {
    items: Type.Array(
      Type.Object(
        {
          ...Place,
          /** A run of the client's workspace; its counts say what would have been sent. */
          run: Nullable(Id),
          reason: Nullable(Type.String()),
        },
        strict,
      ),
    ),
  },
  strict,
)
export type Trials = Static<typeof Trials>

/** `POST …/clients/push` */
export const PushRequest = Type.Object(
  {
    version: Version,
    summary: Type.String({ minLength: 1, maxLength: 500, pattern: '\\S' }),
    clients: Type.Array(Type.Object({ ...Place, live: Nullable(Type.Integer()), revision: Type.Integer() }, strict), {
      minItems: 1,
      maxItems: 100,
    }),
  },
  strict,
)
export type PushRequest = Static<typeof PushRequest>

/** `POST …/clients/roll-back`: `number` is the client's version that runs and that a push made. */
export const RollBackRequest = Type.Object(
  {
    clients: Type.Array(Type.Object({ ...Place, number: Type.Integer({ minimum: 1 }) }, strict), {
      minItems: 1,
      maxItems: 100,
    }),
  },
  strict,
)
export type RollBackRequest = Static<typeof RollBackRequest>

/** The answer to both. */
export const PushResults = Type.Object({ items: Type.Array(ClientResult) }, strict)
export type PushResults = Static<typeof PushResults>
