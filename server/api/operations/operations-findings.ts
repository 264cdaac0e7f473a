import { daysLeft } from '../../../connectors/kit/sign-in-end.ts'
import { ENDS_SOON_DAYS } from '../../contract/connections.ts'
import type { Operations, OperationsFinding } from '../../contract/operations.ts'

/** What is measured, before it is judged. */
export type Measured = Omit<Operations, 'findings'>

/** How long a run may wait for a worker before it is worth a look, and before something stands still, in seconds. */
const LONG_WAIT_S = 300
const TOO_LONG_S = 3_600
/** The same of events that a flow takes. */
const LONG_EVENTS_S = 300
/** Part of the server's connections, and time of an answer, from which on it becomes tight. */
const FULL = 0.9
const SLOW_MS = 500
/** A transaction that is open for longer holds up more than it should, in seconds; those of the product take none. */
const HELD_UP_S = 60
/** A task that fails for so long is not only out of luck, in milliseconds. */
const FAILING_MS = 24 * 3_600_000

const NOTHING = { connection: null, flow: null } as const

const DISK_TIGHT: OperationsFinding = {
  ...{ area: 'database', tone: 'red', ...NOTHING },
  what: 'The disk of the database is nearly full. Events of other systems are refused, so that none is taken and lost; their senders come again.',
  remedy: 'Make room on it, or keep traces for fewer days. It goes on by itself.',
}

/** What of it is not as it should be, with what to do about each. Red first, then in the order of the page. */
export function judge(measured: Measured, now: number, diskTight = false): OperationsFinding[] {
  const findings = [
    ...(diskTight ? [DISK_TIGHT] : []),
    ...queueFindings(measured, now),
    ...processFindings(measured, now),
    ...connectionFindings(measured, now),
    ...scheduleFindings(measured, now),
    ...eventFindings(measured, now),
    ...traceFindings(measured),
    ...housekeepingFindings(measured, now),
    ...databaseFindings(measured),
    ...keyFindings(measured),
  ]
  return findings.sort((a, b) => Number(b.tone === 'red') - Number(a.tone === 'red'))
}

function queueFindings({ lanes, processes }: Measured, now: number): OperationsFinding[] {
  const able = processes.some(({ role, state }) => role !== 'api' && (state === 'working' || state === 'idle'))
  if (!able) {
    return [
      {
        ...{ area: 'queue', tone: 'red', ...NOTHING },
        what: 'No worker is running: nothing runs, no schedule fires, nothing is tidied up.',
        remedy: 'Start the product, or a process with --role worker. What waits is kept, and begins then.',
      },
    ]
  }
  return lanes.flatMap(({ lane, oldestQueuedAt, queued, cap, reason }): OperationsFinding[] => {
    const waited = oldestQueuedAt === null ? 0 : (now - Date.parse(oldestQueuedAt)) / 1000
    if (waited < LONG_WAIT_S) return []
    return [
      {
        ...{ area: 'queue', tone: waited < TOO_LONG_S ? 'amber' : 'red', ...NOTHING },
        what: `In the lane “${lane}” ${queued === 1 ? 'a run has' : `${queued} runs wait, the oldest has`} waited for ${sayTime(waited)}.${reason === null ? '' : ` ${reason}`}`,
        remedy: `Look at what is at work: a long run of the same flow goes first. If all ${cap} places of the lane are in use, raise its limit or start another worker.`,
      },
    ]
  })
}

function processFindings({ processes }: Measured, now: number): OperationsFinding[] {
  const lost = processes.filter(({ state }) => state === 'lost')
  const live = processes.filter(({ state }) => state !== 'lost')
  const versions = [...new Set(live.map(({ version }) => version))]
  return [
    ...lost.map(
      (one): OperationsFinding => ({
        ...{ area: 'processes', tone: 'amber', ...NOTHING },
        what: `A process on ${one.host} has given no sign of life for ${since(one.seenAt, now)}. Its runs were taken over.`,
        remedy: 'If nobody stopped it, see in its log or on its machine why it ended, and start it again.',
      }),
    ),
    ...(versions.length > 1 || live.some(({ state }) => state === 'outdated')
      ? [
          {
            ...{ area: 'processes', tone: 'amber', ...NOTHING },
            what: `Processes of different versions are there: ${versions.join(', ')}. Older ones take no work once the database was changed.`,
            remedy: 'Stop those of the older version.',
          } satisfies OperationsFinding,
        ]
      : []),
  ]
}

function connectionFindings({ connections }: Measured, now: number): OperationsFinding[] {
  return connections.flatMap(({ id, name, state, ends, budget }): OperationsFinding[] => {
    const about = { area: 'connections', connection: id, flow: null } as const
    if (state === 'sign-in-needed') {
      return [
        {
          ...{ ...about, tone: 'red' },
          what: `“${name}” has to be signed in to again; its flows stand still.`,
          remedy: 'Open the connection and sign in. What changes meanwhile is sent afterwards.',
        },
      ]
    }
    const left = ends === null ? undefined : daysLeft(ends, now)
    return [
      ...(left !== undefined && left <= ENDS_SOON_DAYS
        ? [
            {
              ...{ ...about, tone: left <= 0 ? 'red' : 'amber' },
              what: `The sign-in of “${name}” ${left <= 0 ? 'has ended' : `ends after ${ends}`}.`,
              remedy: 'Its page says what to do instead.',
            } satisfies OperationsFinding,
          ]
        : []),
      ...budgetFindings(about, name, budget, now),
    ]
  })
}

function budgetFindings(
  about: Pick<OperationsFinding, 'area' | 'connection' | 'flow'>,
  name: string,
  budget: Measured['connections'][number]['budget'],
  now: number,
): OperationsFinding[] {
  if (budget === null) return []
  const { perDay, usedDay, pausedUntil, dayFullAt } = budget
  if (perDay !== null && (usedDay ?? 0) >= perDay) {
    return [
      {
        ...{ ...about, tone: 'red' },
        what: `“${name}” has used all ${perDay.toLocaleString('en')} calls of 24 hours. Its runs wait, and go on as calls become free.`,
        remedy:
          'Let back-fills and resyncs wait, run schedules less often, or raise the plan there and the number here.',
      },
    ]
  }
  return [
    ...(pausedUntil === null
      ? []
      : [
          {
            ...{ ...about, tone: 'amber' },
            what: `The other system of “${name}” asked for a pause; it ends in ${sayTime((Date.parse(pausedUntil) - now) / 1000)}.`,
            remedy: 'Nothing to do: it goes on then. If this happens often, another program uses the same limit.',
          } satisfies OperationsFinding,
        ]),
    ...(dayFullAt === null
      ? []
      : [
          {
            ...{ ...about, tone: 'amber' },
            what: `If it goes on as in the last hour, “${name}” will have used its ${perDay?.toLocaleString('en')} calls of 24 hours in ${sayTime((Date.parse(dayFullAt) - now) / 1000)}.`,
            remedy: 'Cancel or pause back-fills that are not urgent; the bulk lane waits, but it counts.',
          } satisfies OperationsFinding,
        ]),
  ]
}

function scheduleFindings({ missed }: Measured, now: number): OperationsFinding[] {
  const by = (whys: readonly string[]) => [
    ...Map.groupBy(
      missed.filter(({ why }) => whys.includes(why)),
      ({ flow }) => flow.id,
    ).values(),
  ]
  return [
    ...by(['late']).map(
      ([one]): OperationsFinding => ({
        ...{ area: 'schedules', tone: 'red', connection: null, flow: one!.flow.id },
        what: `“${one!.flow.name}” was due ${since(one!.due, now)} ago, and nobody has looked at its clock since.`,
        remedy: 'See whether a worker is running. If one is, look in its log for the scheduler.',
      }),
    ),
    ...by(['missed', 'too-many']).map(
      (same): OperationsFinding => ({
        ...{ area: 'schedules', tone: 'amber', connection: null, flow: same[0]!.flow.id },
        what: `“${same[0]!.flow.name}” missed ${same.length === 1 ? 'a due time' : `${same.length} due times`} of the last 24 hours.`,
        remedy:
          'A flow that reads what changed needs nothing: its next run reads that too. For any other, back-fill the days.',
      }),
    ),
  ]
}

function eventFindings({ events }: Measured, now: number): OperationsFinding[] {
  return events.flatMap(({ flow, name, waiting, oldestAt, taken }): OperationsFinding[] => {
    const seconds = (now - Date.parse(oldestAt)) / 1000
    if (!taken || seconds < LONG_EVENTS_S) return []
    return [
      {
        ...{ area: 'events', tone: seconds < TOO_LONG_S ? 'amber' : 'red', connection: null, flow: flow.id },
        what: `${waiting === 1 ? 'An event' : `${waiting > 10_000 ? 'More than 10,000' : waiting} events`} of “${name}” wait for a run of “${flow.name}”, the oldest for ${sayTime(seconds)}.`,
        remedy: 'See why its run does not begin or end; they are kept, and taken in their order.',
      },
    ]
  })
}

function traceFindings({ traces }: Measured): OperationsFinding[] {
  const short = traces.filter(({ ahead }) => ahead < 1)
  return [
    ...(short.length > 0
      ? [
          {
            ...{ area: 'traces', tone: 'red', ...NOTHING },
            what: `There is no place for what runs leave behind tomorrow (${short.map(sayTrace).join(', ')}): runs could not begin.`,
            remedy: 'Housekeeping makes it by the hour: see below why “partitions” does not come through.',
          } satisfies OperationsFinding,
        ]
      : []),
    ...traces
      .filter(({ overdue }) => overdue)
      .map(
        (one): OperationsFinding => ({
          ...{ area: 'traces', tone: 'amber', ...NOTHING },
          what: `${sayTrace(one)} of ${one.oldest} should be gone since ${one.nextDrop}.`,
          remedy:
            'A run of that day that is still under way keeps it: end it. Else see why “old-traces” does not come through.',
        }),
      ),
  ]
}

function housekeepingFindings({ housekeeping }: Measured, now: number): OperationsFinding[] {
  return housekeeping.flatMap(({ task, error, failingSince, late, beganAt }): OperationsFinding[] => {
    if (error !== null) {
      const long = failingSince !== null && now - Date.parse(failingSince) > FAILING_MS
      return [
        {
          ...{ area: 'housekeeping', tone: long ? 'red' : 'amber', ...NOTHING },
          what: `“${task}” has failed for ${since(failingSince ?? beganAt, now)}.`,
          remedy: `It is tried again at its next turn. What stopped it: ${error}. If it goes on, the log of the worker has more.`,
        },
      ]
    }
    if (!late) return []
    return [
      {
        ...{ area: 'housekeeping', tone: 'amber', ...NOTHING },
        what: `“${task}” had its last turn ${since(beganAt, now)} ago.`,
        remedy: 'See whether a worker is running; it plans the tasks.',
      },
    ]
  })
}

function databaseFindings({ database }: Measured): OperationsFinding[] {
  const { connections, pools, answerMs, oldestTransaction: oldest } = database
  const about = { area: 'database', tone: 'amber', ...NOTHING } as const
  return [
    ...(connections.used >= connections.most * FULL
      ? [
          {
            ...about,
            what: `The database has ${connections.used} of ${connections.most} connections in use; the next process may find none.`,
            remedy: 'Raise max_connections, or lower DATABASE_CONNECTIONS of the processes.',
          },
        ]
      : []),
    ...pools
      .filter(({ waiting }) => waiting > 0)
      .map(({ name, waiting, most }) => ({
        ...about,
        what: `${waiting} ${waiting === 1 ? 'request waits' : 'requests wait'} for one of the ${most} connections “${name}” of this process.`,
        remedy: 'If it stays so, raise DATABASE_CONNECTIONS, or start another process.',
      })),
    ...(oldest !== null && oldest.seconds >= HELD_UP_S
      ? [
          {
            ...about,
            what: `“${oldest.application || 'A program without a name'}” has had a transaction open for ${sayTime(oldest.seconds)}. As long as it is, the database cannot clean up, and queues get slower.`,
            remedy: `A backup comes to its end by itself. Anything else: end it where it runs, or with select pg_terminate_backend(${oldest.pid}).`,
          },
        ]
      : []),
    ...(answerMs >= SLOW_MS
      ? [
          {
            ...about,
            what: `The database took ${Math.round(answerMs)} ms for the smallest question.`,
            remedy: 'See what its machine is busy with: its processor, its disk, or a long statement of somebody else.',
          },
        ]
      : []),
  ]
}

function keyFindings({ keys }: Measured): OperationsFinding[] {
  return keys.items.flatMap(({ fingerprint, state, heldBy }): OperationsFinding[] => {
    const about = { area: 'keys', tone: 'amber', ...NOTHING } as const
    if (state === 'next') {
      return [
        {
          ...about,
          what: `The secret key is being replaced by ${fingerprint}.`,
          remedy: 'Nothing while npm run keys:rotate is at work. If it was cut short, run it again: it goes on.',
        },
      ]
    }
    if (state !== 'replaced') return []
    return [
      {
        ...about,
        what: `The secret key ${fingerprint} was replaced, and is not out of use yet${heldBy === 0 ? '' : `: ${heldBy} ${heldBy === 1 ? 'process holds' : 'processes hold'} it`}.`,
        remedy: 'Start every process with the new key alone, then run npm run keys:rotate -- --finish.',
      },
    ]
  })
}

const sayTrace = ({ traceClass, of }: Measured['traces'][number]): string =>
  `${of === 'records' ? 'Records' : 'Steps'} of the class “${traceClass}”`

const since = (at: string, now: number): string => sayTime((now - Date.parse(at)) / 1000)

/** “5 minutes”, “3 hours”, “2 days” */
function sayTime(seconds: number): string {
  const [unit, size] = seconds < 5_400 ? ['minute', 60] : seconds < 129_600 ? ['hour', 3_600] : ['day', 86_400]
  const count = Math.max(1, Math.round(seconds / Number(size)))
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}
