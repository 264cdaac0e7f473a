import { type Static, Type } from 'typebox'
import { Flow } from '../flow/document/flow.ts'
import type { Changes as FlowChanges } from '../flow/document/version.ts'
import { RunState } from './runs.ts'
import { FlowProblem, Id, Name, Nullable, strict, Timestamp } from './shared.ts'
import { Backlog, TurnOnRequest, TurnOnView } from './turn-on.ts'

export const FlowParams = Type.Object({ workspace: Id, flow: Id }, strict)

/** A row of the list of flows, and the flow itself without its document. */
export const FlowView = Type.Object(
  {
    id: Id,
    name: Type.String(),
    /** Words to find it by, in the order of the alphabet. */
    tags: Type.Array(Type.String()),
    createdAt: Timestamp,
    archivedAt: Nullable(Timestamp),
    /** Number of the published version that runs; null before the first. */
    liveVersion: Nullable(Type.Integer()),
    draft: Type.Object(
      {
        revision: Type.Integer(),
        at: Timestamp,
        by: Nullable(Type.String()),
        /** The draft differs from the live version in more than layout. */
        changed: Type.Boolean(),
      },
      strict,
    ),
    enabled: Type.Boolean(),
    switchedAt: Nullable(Timestamp),
    /** Set when the runtime stopped the flow until somebody acts; switching on again clears it. */
    paused: Nullable(Type.Object({ code: Type.String(), message: Type.String() }, strict)),
    lastRun: Nullable(
      Type.Object(
        {
          id: Id,
          state: RunState,
          reason: Nullable(Type.String()),
          createdAt: Timestamp,
          endedAt: Nullable(Timestamp),
        },
        strict,
      ),
    ),
    /** The nearest due time of all its schedules; null when off or without one. */
    nextDue: Nullable(Timestamp),
    /** When it turns on by itself, or what became of that; null once a person has switched it. */
    turnOn: Nullable(TurnOnView),
  },
  strict,
)
export type FlowView = Static<typeof FlowView>

/** `GET …/flows` */
export const FlowList = Type.Object({ items: Type.Array(FlowView) }, strict)
export type FlowList = Static<typeof FlowList>

export const FlowListQuery = Type.Object({ archived: Type.Optional(Type.Boolean({ default: false })) }, strict)

/** `PATCH …/flows/:flow` */
export const FlowPatch = Type.Object(
  {
    name: Type.Optional(Name),
    archived: Type.Optional(Type.Boolean({ description: 'Only a flow that is off can be archived.' })),
    /** In the place of those it has. */
    tags: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 40, pattern: '\\S' }), { maxItems: 20, uniqueItems: true }),
    ),
  },
  { ...strict, minProperties: 1 },
)
export type FlowPatch = Static<typeof FlowPatch>

/** `GET …/flows/:flow/dependents` */
export const Dependents = Type.Object(
  {
    versions: Type.Integer(),
    /** Runs that were no dry runs. */
    runs: Type.Integer(),
    openExceptions: Type.Integer(),
    /** Records that wait in it. */
    waiting: Type.Integer(),
    hooks: Type.Integer(),
    calledBy: Type.Array(Type.Object({ id: Id, name: Type.String() }, strict)),
    /** Flows of clients that were made of it. */
    clients: Type.Integer(),
    /** Why it cannot be deleted; null where it can. */
    kept: Nullable(Type.String()),
  },
  strict,
)
export type Dependents = Static<typeof Dependents>

/** `GET …/draft`, also the answer to `PUT`. Its `ETag` is the revision in quotes: give it back as `If-Match`. */
export const Draft = Type.Object(
  { document: Flow, revision: Type.Integer(), at: Timestamp, by: Nullable(Type.String()) },
  strict,
)
export type Draft = Static<typeof Draft>

/** `POST …/validate`: errors keep the flow from being published, warnings do not. */
export const ProblemList = Type.Object({ problems: Type.Array(FlowProblem) }, strict)
export type ProblemList = Static<typeof ProblemList>

/** `POST …/publish` */
export const PublishRequest = Type.Object(
  {
    summary: Type.String({ minLength: 1, maxLength: 500, pattern: '\\S' }),
    /** Of the draft that is meant; if somebody saved another one since: DRAFT_CONFLICT. */
    revision: Type.Integer({ minimum: 1 }),
  },
  strict,
)
export type PublishRequest = Static<typeof PublishRequest>

export const VersionView = Type.Object(
  {
    number: Type.Integer(),
    hash: Type.String(),
    author: Type.String(),
    summary: Type.String(),
    createdAt: Timestamp,
    live: Type.Boolean(),
  },
  strict,
)
export type VersionView = Static<typeof VersionView>

/** `GET …/versions`, newest first. */
export const VersionList = Type.Object({ items: Type.Array(VersionView) }, strict)
export type VersionList = Static<typeof VersionList>

/** Numbers below 0 are drafts that were only tried; their runs lead there. */
export const VersionParams = Type.Object(
  { workspace: Id, flow: Id, number: Type.Integer({ minimum: -2_147_483_647, maximum: 2_147_483_647 }) },
  strict,
)

/** `GET …/versions/:number` */
export const Version = Type.Object({ ...VersionView.properties, document: Flow }, strict)
export type Version = Static<typeof Version>

/** `GET …/versions/:number/changes?since=`: from version `since` (else the one before; 0 is the empty flow) to this one. */
export const ChangesQuery = Type.Object(
  { since: Type.Optional(Type.Integer({ minimum: 0, maximum: 2_147_483_647 })) },
  strict,
)
export const Changes = Type.Object(
  {
    from: Type.Integer(),
    to: Type.Integer(),
    changes: Type.Unsafe<FlowChanges>({ type: 'object', additionalProperties: true }),
  },
  strict,
)
export type Changes = Static<typeof Changes>

/** The answer to `publish`. */
export const Published = Type.Object(
  { flow: FlowView, version: VersionView, warnings: Type.Array(FlowProblem) },
  strict,
)
export type Published = Static<typeof Published>

/** `POST …/switch` */
export const SwitchRequest = Type.Object(
  {
    on: Type.Boolean(),
    /** Only when switching on. */
    backlog: Type.Optional({ ...Backlog, default: 'missed-too' }),
    /** Of the preview that was shown: if the flow has changed since, the answer is OVERTAKEN. */
    basis: Type.Optional(Type.String({ maxLength: 64 })),
    /** Only when switching off: it turns on again by itself. */
    again: Type.Optional(TurnOnRequest),
  },
  strict,
)
export type SwitchRequest = Static<typeof SwitchRequest>

/** `POST …/run`: `node` names the trigger; without it the manual trigger, else any. */
export const RunRequest = Type.Object({ node: Type.Optional(Type.String({ maxLength: 64 })) }, strict)
export type RunRequest = Static<typeof RunRequest>

/** A slot of the draft or of the live version, and the connection behind it. */
export const BindingView = Type.Object(
  {
    slot: Type.String(),
    connector: Type.String(),
    title: Type.String(),
    connection: Nullable(Type.Object({ id: Id, name: Type.String(), state: Type.String() }, strict)),
  },
  strict,
)
export const BindingList = Type.Object({ items: Type.Array(BindingView) }, strict)
export type BindingView = Static<typeof BindingView>
export type BindingList = Static<typeof BindingList>

/** `PUT …/bindings`: connection by slot; null unbinds, slots not named stay. */
export const BindingsRequest = Type.Object(
  {
    bindings: Type.Record(Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$' }), Nullable(Id), strict),
  },
  strict,
)
export type BindingsRequest = Static<typeof BindingsRequest>
