import { type Static, Type } from 'typebox'
import { Money, Owner, Step } from './exception-care.ts'
import { Desk } from './exceptions.ts'
import { RunState } from './runs.ts'
import { Id, Nullable, strict, Timestamp } from './shared.ts'

/** Flows that a group names; there may be more. */
export const NAMED_FLOWS = 5
const Flow = Type.Object({ id: Id, name: Type.String() }, strict)

/**
 * What has one cause and one remedy. `red`: something stands still; `amber`: somebody should look; `info`: it goes on by
 * itself.
 */
const NowGroup = Type.Object(
  {
    kind: Type.Enum([
      'failed',
      'stopped',
      'exceptions',
      'waiting',
      'connection',
      'hook',
      'schedule',
      'report',
      'message',
    ]),
    tone: Type.Enum(['red', 'amber', 'info']),
    /** Of the newest. */
    message: Type.String(),
    code: Nullable(Type.String()),
    nextAction: Nullable(Type.String()),
    /** Runs, records, flows, connections, events, due times, reports or messages, by kind. */
    count: Type.Integer(),
    /** What is at stake, where it is known. */
    money: Type.Array(Money),
    firstAt: Nullable(Timestamp),
    lastAt: Nullable(Timestamp),
    /** The first five that it touches, and how many there are. */
    flows: Type.Array(Flow),
    flowCount: Type.Integer(),
    /** What narrows a list to exactly these, by kind. */
    fault: Nullable(Type.String({ description: '`fault` of `GET …/runs`, and of exceptions of `GET …/exceptions`.' })),
    state: Nullable(RunState),
    node: Nullable(Type.String()),
    desk: Nullable(Desk),
    /** Of failed runs and of exceptions: the step, who has it in hand (three at most), and how many nobody has. */
    step: Nullable(Step),
    owners: Type.Array(Owner),
    unowned: Nullable(Type.Integer()),
    connection: Nullable(Id),
    hook: Nullable(Id),
    /** Where there is only one run. */
    run: Nullable(Id),
    /** Of runs that are paused: which, so that they can be let go together. */
    paused: Type.Array(Id),
  },
  strict,
)
export type NowGroup = Static<typeof NowGroup>

/** `GET …/now`: what needs somebody, red first, and what proves that nothing does. */
export const Now = Type.Object(
  {
    groups: Type.Array(NowGroup),
    /** There is more than is shown: the newest 10,000 failed runs of seven days and the oldest 500 that wait are looked at. */
    more: Type.Boolean(),
    /** The last run that has ended, and the next that is due; dry runs do not count. */
    lastRun: Nullable(Type.Object({ run: Id, flow: Flow, state: RunState, endedAt: Timestamp }, strict)),
    nextRun: Nullable(Type.Object({ flow: Flow, dueAt: Timestamp }, strict)),
    flowsOn: Type.Integer(),
    /** Versions of the product that came into use within these hours, oldest first. */
    versions: Type.Array(Type.Object({ version: Type.String(), at: Timestamp }, strict)),
    /** The last 24 hours, oldest first, by the hour in UTC: runs begun, how many of them failed, and the longest wait for a worker. */
    hours: Type.Array(
      Type.Object(
        {
          at: Timestamp,
          runs: Type.Integer(),
          failed: Type.Integer(),
          partly: Type.Integer(),
          waitedSeconds: Nullable(Type.Number()),
        },
        strict,
      ),
    ),
  },
  strict,
)
export type Now = Static<typeof Now>
