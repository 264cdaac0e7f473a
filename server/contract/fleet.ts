import { type Static, Type } from 'typebox'
import { ROLES } from './roles.ts'
import { Id, Nullable, strict, Timestamp } from './shared.ts'

/** How a workspace is: something has stopped, something waits for a person, all is well, nothing is on. */
export const FleetState = Type.Enum(['red', 'amber', 'green', 'off'])

export const FleetRow = Type.Object(
  {
    workspace: Id,
    name: Type.String(),
    role: Type.Enum([...ROLES]),
    state: FleetState,
    /** Why, in a sentence; the gravest first. */
    sentence: Type.String(),
    flows: Type.Integer(),
    on: Type.Integer(),
    /** Flows that stopped themselves or whose last run failed. */
    stopped: Type.Integer(),
    signIns: Type.Integer(),
    exceptions: Type.Integer(),
    reports: Type.Integer(),
    /** Of the last 24 hours. */
    runs: Type.Integer(),
    failed: Type.Integer(),
    /** Age of the run that waits longest for a worker, in seconds. */
    queueSeconds: Nullable(Type.Integer()),
    lastRunAt: Nullable(Timestamp),
  },
  strict,
)
export type FleetRow = Static<typeof FleetRow>

/** `GET /fleet`: the workspaces of whoever asks, red first. `shut`: those that ask for another way of signing in. */
export const Fleet = Type.Object(
  { items: Type.Array(FleetRow), shut: Type.Array(Type.Object({ workspace: Id, name: Type.String() }, strict)) },
  strict,
)
export type Fleet = Static<typeof Fleet>
