import { type Static, Type } from 'typebox'
import type { Changes as FlowChanges } from '../flow/document/version.ts'
import { InstallRequest } from './templates.ts'
import { Id, Nullable, strict, Timestamp } from './shared.ts'

// One flow for many clients: each client has a flow of its own that was made of it, in a workspace of its own.

const Place = { workspace: Id, flow: Id }
const Version = Type.Integer({ minimum: 1, maximum: 2_147_483_647 })

export const ClientView = Type.Object(
  {
    workspace: Type.Object({ id: Id, name: Type.String() }, strict),
    flow: Type.Object({ id: Id, name: Type.String() }, strict),
    /** Version of this flow that the client's was made of, or that was pushed to it last; 0: none yet. */
    version: Type.Integer(),
    /** Number of the client's own version that runs; null before the first. */
    live: Nullable(Type.Integer()),
    enabled: Type.Boolean(),
    archived: Type.Boolean(),
    /** Whether you may publish there. */
    mayPush: Type.Boolean(),
    /** What was pushed, or is to be taken back, and waits for a second person there. */
    waiting: Nullable(
      Type.Object(
        {
          approval: Id,
          kind: Type.Enum(['push', 'back']),
          /** The version of this flow that would be there then. */
          version: Type.Integer(),
          askedBy: Type.String(),
          at: Timestamp,
        },
        strict,
      ),
    ),
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

const Outcome = Type.Enum(['added', 'adopted', 'released', 'pushed', 'asked', 'rolled-back', 'refused', 'failed'])

/** What became of one client. */
export const ClientResult = Type.Object(
  {
    ...Place,
    name: Type.String(),
    outcome: Outcome,
    /** The client's version that runs now, where that changed. */
    number: Nullable(Type.Integer()),
    /** `asked`: the request there that a second person decides. */
    approval: Type.Optional(Id),
    /** Why not, in words. */
    reason: Nullable(Type.String()),
  },
  strict,
)
export type ClientResult = Static<typeof ClientResult>

export const ClientPush = Type.Object(
  {
    id: Id,
    kind: Type.Enum(['add', 'adopt', 'release', 'push', 'roll-back']),
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
    /** A second person there approves what goes live: the push becomes a request. */
    approval: Type.Boolean(),
    /** What waits for that person now; a request takes its place. */
    waiting: Nullable(Type.Object({ askedBy: Type.String(), summary: Type.String() }, strict)),
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

/** `POST …/clients/adopt/preview`: a flow that a client already has, beside a version of this one. */
export const AdoptPreviewRequest = Type.Object({ ...Place, version: Version }, strict)
export type AdoptPreviewRequest = Static<typeof AdoptPreviewRequest>

export const AdoptPreview = Type.Object(
  {
    ...Place,
    name: Type.String(),
    flowName: Type.String(),
    /** As they were looked at: give them back. */
    live: Nullable(Type.Integer()),
    revision: Type.Integer(),
    /** What the flow there is made of now; that ends. */
    tied: Nullable(Type.String()),
    /** From what runs there (or, as nothing does, is drawn) to the version. */
    changes: Type.Unsafe<FlowChanges>({ type: 'object', additionalProperties: true }),
    /** Accounts of the version that the flow there has no slot for, each with the one connection there that fits. */
    slots: Type.Array(
      Type.Object(
        { slot: Type.String(), connector: Type.String(), title: Type.String(), connection: Nullable(Id) },
        strict,
      ),
    ),
    /** Questions of the version's form that have no answer there. */
    unanswered: Type.Array(Type.String()),
    /** Reads of the version that the flow there does not have: they would begin anew. */
    fresh: Type.Array(Type.String()),
    refusals: Type.Array(Refusal),
  },
  strict,
)
export type AdoptPreview = Static<typeof AdoptPreview>

/** `POST …/clients/adopt` */
export const AdoptRequest = Type.Object(
  {
    ...Place,
    version: Version,
    live: Nullable(Type.Integer()),
    revision: Type.Integer(),
    /**
     * `keep`: what differs is the client's own and stays at every push. `take`: the next push brings the version as it
     * is. Neither changes what runs.
     */
    differences: Type.Enum(['keep', 'take']),
    /** Connections for those of `slots` in the preview. */
    bindings: InstallRequest.properties.bindings,
  },
  strict,
)
export type AdoptRequest = Static<typeof AdoptRequest>

/** `POST …/clients/release` lets go of a client; its flow stays as it is. */
export const ReleaseRequest = Type.Object(Place, strict)

/** `GET …/flows/:flow/master`: the flow of an agency that this one was made of. */
export const MasterQuery = Type.Object(
  {
    version: Type.Optional(Type.Integer({ description: 'Of this flow: which version of the master it was made of.' })),
  },
  strict,
)
export const MasterAnswer = Type.Object(
  {
    master: Nullable(
      Type.Object(
        {
          /** As it was when it was taken last, for those who may not see it. */
          name: Type.String(),
          /** The version taken last; null: none yet. */
          version: Nullable(Type.Integer()),
          /** The version that the asked version was made of; null: of none. */
          of: Nullable(Type.Integer()),
          /** Where it is, for those who may see it. */
          place: Nullable(Type.Object({ ...Place, live: Nullable(Type.Integer()) }, strict)),
        },
        strict,
      ),
    ),
  },
  strict,
)
export type MasterAnswer = Static<typeof MasterAnswer>

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
