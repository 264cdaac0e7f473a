import { type Static, Type } from 'typebox'
import { Held, Step } from './exception-care.ts'
import { Desk } from './exceptions.ts'
import { Id, Nullable, strict } from './shared.ts'

/** Causes shown, and clients named of one. */
export const MOST_CAUSES = 100
export const MOST_CLIENTS = 100

/** What a cause does at one client, with what narrows that client's lists to exactly these. */
const CauseClient = Type.Object(
  {
    workspace: Id,
    name: Type.String(),
    ...Held,
    /** The first five that it touches, and how many there are. */
    flows: Type.Array(Type.Object({ id: Id, name: Type.String() }, strict)),
    flowCount: Type.Integer(),
    /** Whoever asks may take it there. */
    mayTake: Type.Boolean(),
    /** Where there is only one run. */
    run: Nullable(Id),
  },
  strict,
)
export type CauseClient = Static<typeof CauseClient>

/** One step of one kind, failing with one code and the same words, at any number of clients. */
export const Cause = Type.Object(
  {
    kind: Type.Enum(['failed', 'exceptions']),
    tone: Type.Enum(['red', 'amber']),
    /** The system it is about, such as `xero`; null: none other than ours, or it is not known. */
    system: Nullable(Type.String()),
    step: Nullable(Step),
    code: Nullable(Type.String()),
    /** Null: the words differ from record to record. */
    fault: Nullable(Type.String()),
    desk: Desk,
    /** Of the newest. */
    message: Type.String(),
    nextAction: Nullable(Type.String()),
    ...Held,
    /** Those where it counts most first, 100 at most, and how many there are. */
    clients: Type.Array(CauseClient),
    clientCount: Type.Integer(),
  },
  strict,
)
export type Cause = Static<typeof Cause>

/** `GET /causes`: why runs failed and what waits as exceptions in all workspaces of whoever asks, what stands still first. */
export const Causes = Type.Object(
  {
    items: Type.Array(Cause),
    /** There is more than is shown: 100 causes, of 100 of each kind that each workspace names. */
    more: Type.Boolean(),
    /** Workspaces that were looked at. */
    workspaces: Type.Integer(),
    /** Own workspaces that ask for another way of signing in: nothing is told of them. */
    shut: Type.Array(Type.Object({ workspace: Id, name: Type.String() }, strict)),
  },
  strict,
)
export type Causes = Static<typeof Causes>

/** `PUT …/causes/:fault/owner`: who looks after failed runs of one cause. */
export const FaultParams = Type.Object({ workspace: Id, fault: Type.String({ pattern: '^[0-9a-f]{16}$' }) }, strict)
export const FaultOwnerRequest = Type.Object(
  {
    /** A member of the workspace; null: nobody any more. */
    owner: Nullable(Id),
    /** Only counts. */
    dry: Type.Optional(Type.Boolean({ default: false })),
  },
  strict,
)
export type FaultOwnerRequest = Static<typeof FaultOwnerRequest>
/** Failed runs of it within seven days. */
export const FaultOwnerAnswer = Type.Object({ runs: Type.Integer() }, strict)
export type FaultOwnerAnswer = Static<typeof FaultOwnerAnswer>
