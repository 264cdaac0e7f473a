import { type Static, Type } from 'typebox'
import { ConnectionBudget, ConnectionStanding } from './connections.ts'
import { Lanes } from './lanes.ts'
import { Id, Nullable, strict, Timestamp } from './shared.ts'
import { TraceClass } from './traces.ts'

const Flow = Type.Object({ id: Id, name: Type.String() }, strict)
export const OperationsArea = Type.Enum([
  'queue',
  'processes',
  'connections',
  'schedules',
  'events',
  'traces',
  'housekeeping',
  'database',
  'keys',
])

/** Something that is not as it should be: `red` stands still or will be lost, `amber` will be soon. */
const OperationsFinding = Type.Object(
  {
    area: OperationsArea,
    tone: Type.Enum(['red', 'amber']),
    what: Type.String(),
    remedy: Type.String(),
    /** What it is about, where there is a page of it. */
    connection: Nullable(Id),
    flow: Nullable(Id),
  },
  strict,
)
export type OperationsFinding = Static<typeof OperationsFinding>

/** `GET …/health`: how the workspace's work and the installation below it are. Sizes are bytes. */
export const Operations = Type.Object(
  {
    /** Red first; none: all is well. */
    findings: Type.Array(OperationsFinding),
    lanes: Type.Array(
      Type.Object(
        {
          ...Lanes.properties.lanes.items.properties,
          /** The longest wait for a worker by the hour, of the last 24, oldest first, in seconds; null: no run. */
          waits: Type.Array(Nullable(Type.Number())),
        },
        strict,
      ),
    ),
    /** Of all workspaces. */
    processes: Lanes.properties.workers,
    /** Those that flows use. */
    connections: Type.Array(
      Type.Object(
        {
          id: Id,
          name: Type.String(),
          connector: Type.String(),
          state: ConnectionStanding,
          /** The last day on which its sign-in works, where that is known. */
          ends: Nullable(Type.String()),
          /** Null where nothing is limited. */
          budget: Nullable(ConnectionBudget),
        },
        strict,
      ),
    ),
    /** Due times that began no run: of now (`late`) and of 24 hours, the newest 50. */
    missed: Type.Array(
      Type.Object({ flow: Flow, due: Timestamp, why: Type.Enum(['late', 'missed', 'too-many', 'overlap']) }, strict),
    ),
    /** Events that no run has taken yet, by hook. */
    events: Type.Array(
      Type.Object(
        {
          flow: Flow,
          hook: Id,
          name: Type.String(),
          waiting: Type.Integer({ description: '10,001: more than 10,000.' }),
          oldestAt: Timestamp,
          taken: Type.Boolean({ description: 'The flow is on and takes events.' }),
        },
        strict,
      ),
    ),
    /** What is kept of runs, by class: contents of records, and what steps did. */
    traces: Type.Array(
      Type.Object(
        {
          traceClass: TraceClass,
          of: Type.Enum(['records', 'steps']),
          days: Type.Integer(),
          partitions: Type.Integer(),
          oldest: Type.String(),
          nextDrop: Type.String(),
          overdue: Type.Boolean(),
          /** Days ahead that have a place already. */
          ahead: Type.Integer(),
          bytes: Type.Integer({ description: 'As the database last counted its pages.' }),
          lastDroppedAt: Nullable(Timestamp),
        },
        strict,
      ),
    ),
    housekeeping: Type.Array(
      Type.Object(
        {
          task: Type.String(),
          everySeconds: Type.Integer(),
          beganAt: Timestamp,
          tookMs: Type.Integer(),
          goodAt: Nullable(Timestamp),
          error: Nullable(Type.String()),
          failingSince: Nullable(Timestamp),
          late: Type.Boolean(),
        },
        strict,
      ),
    ),
    /** The secret keys, without their material. */
    keys: Type.Object(
      {
        /** When values were last counted; null: never. */
        countedAt: Nullable(Timestamp),
        /** The oldest first. */
        items: Type.Array(
          Type.Object(
            {
              fingerprint: Type.String(),
              since: Nullable(Timestamp),
              replacedAt: Nullable(Timestamp),
              endedAt: Nullable(Timestamp),
              state: Type.Enum(['current', 'next', 'replaced', 'ended']),
              heldBy: Type.Integer({ description: 'Processes that can open with it.' }),
              share: Nullable(Type.Number({ description: 'Of all sealed values, 0 to 1, as they were last counted.' })),
            },
            strict,
          ),
        ),
      },
      strict,
    ),
    database: Type.Object(
      {
        version: Type.String(),
        bytes: Type.Integer(),
        answerMs: Type.Number(),
        connections: Type.Object({ used: Type.Integer(), most: Type.Integer() }, strict),
        /** The transaction that has been open for the longest, whoever's: it keeps old rows from being removed. */
        oldestTransaction: Nullable(
          Type.Object({ seconds: Type.Number(), application: Type.String(), pid: Type.Integer() }, strict),
        ),
        /** Of the process that answers: connections it keeps, of how many, and who waits for one. */
        pools: Type.Array(
          Type.Object(
            {
              name: Type.String(),
              inUse: Type.Integer(),
              open: Type.Integer(),
              most: Type.Integer(),
              waiting: Type.Integer(),
            },
            strict,
          ),
        ),
      },
      strict,
    ),
  },
  strict,
)
export type Operations = Static<typeof Operations>
