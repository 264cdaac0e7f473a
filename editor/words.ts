import type { ConnectionView } from '../server/contract/connections.ts'
import type { FlowView } from '../server/contract/flows.ts'
import type { NoticeView } from '../server/contract/notices.ts'
import type { Membership } from '../server/contract/people.ts'
import type { ExceptionAge, ExceptionView } from '../server/contract/exceptions.ts'
import type { RunView } from '../server/contract/runs.ts'
import { countOf } from './format/number.ts'
import type { Tone } from './parts/StateBadge.tsx'

// The words of the product for its states, in one place, so that one state is called the same everywhere.

export type Worded = { readonly tone: Tone; readonly word: string }

export const RUN_WORDS: { readonly [state in RunView['state']]: Worded } = {
  queued: { tone: 'waiting', word: 'Queued' },
  running: { tone: 'running', word: 'Running' },
  waiting: { tone: 'waiting', word: 'Waiting' },
  paused: { tone: 'waiting', word: 'Paused' },
  succeeded: { tone: 'ok', word: 'Succeeded' },
  partly: { tone: 'partly', word: 'Partly done' },
  failed: { tone: 'failed', word: 'Failed' },
  cancelled: { tone: 'cancelled', word: 'Cancelled' },
}

export function sayRunState(
  run: Pick<RunView, 'state' | 'cancelRequested'> & Partial<Pick<RunView, 'pauseRequested'>>,
): Worded {
  if (run.state === 'running' || run.state === 'waiting' || run.state === 'queued') {
    if (run.cancelRequested) return { tone: 'running', word: 'Cancelling' }
    if (run.pauseRequested) return { tone: 'waiting', word: 'Pausing' }
  }
  return RUN_WORDS[run.state]
}

/** A version of a flow by its number; what was only tried has one below 0. */
export const sayVersion = (number: number): string => (number < 0 ? 'a draft that was tried' : `version ${number}`)

/** The health of a flow in one of four words. What the team repairs for a client, the team itself has to do. */
export function sayHealth(
  flow: Pick<FlowView, 'enabled' | 'paused' | 'lastRun' | 'liveVersion'>,
  role: Membership['role'] | undefined,
): Worded {
  if (!flow.enabled || flow.liveVersion === null) return { tone: 'off', word: 'Off' }
  if (flow.paused) return { tone: 'person', word: 'Needs you' }
  if (flow.lastRun?.state === 'failed') {
    return role === 'client' ? { tone: 'team', word: 'We’re on it' } : { tone: 'person', word: 'Needs you' }
  }
  return { tone: 'ok', word: 'Working' }
}

export const EXCEPTION_WORDS: { readonly [state in ExceptionView['state']]: Worded } = {
  open: { tone: 'partly', word: 'Open' },
  retrying: { tone: 'running', word: 'Being sent again' },
  resolved: { tone: 'ok', word: 'Resolved' },
  dismissed: { tone: 'skipped', word: 'Dismissed' },
}

export const AGE_WORDS: { readonly [age in ExceptionAge]: string } = {
  day: 'Up to a day',
  week: '1 to 7 days',
  older: 'Over 7 days',
}

export const DESK_WORDS: { readonly [desk in ExceptionView['desk']]: string } = {
  finance: 'Finance',
  marketing: 'Marketing',
  technical: 'Operations',
}

export const SEVERITY_WORDS: { readonly [severity in NoticeView['severity']]: Worded } = {
  info: { tone: 'new', word: 'For information' },
  warning: { tone: 'partly', word: 'Warning' },
  critical: { tone: 'failed', word: 'Critical' },
}

export const CONNECTION_WORDS: { readonly [state in ConnectionView['state']]: Worded } = {
  new: { tone: 'new', word: 'Not tested yet' },
  ready: { tone: 'ok', word: 'Ready' },
  'sign-in-needed': { tone: 'person', word: 'Needs sign-in' },
  off: { tone: 'off', word: 'Turned off' },
}

/** Its state; where its last test has found something that does not work, that is said rather than “Ready”. */
export function sayConnection({ state, findings }: Pick<ConnectionView, 'state' | 'findings'>): Worded {
  const failed = findings?.filter(({ ok }) => !ok).length ?? 0
  if (failed === 0 || state === 'sign-in-needed' || state === 'off') return CONNECTION_WORDS[state]
  return failed === findings?.length
    ? { tone: 'failed', word: 'Test failed' }
    : { tone: 'partly', word: 'Works in part' }
}

export const CAUSE_WORDS: { readonly [cause in RunView['cause']]: string } = {
  manual: 'By hand',
  schedule: 'Schedule',
  hook: 'Another system',
  retry: 'Exceptions again',
  rerun: 'Run again',
  backfill: 'Back-fill',
  resync: 'Single records',
  waited: 'Waited until due',
}

const STARTED: { readonly [cause in Exclude<RunView['cause'], 'manual'>]: string } = {
  schedule: 'Started by its schedule',
  hook: 'Started by an event of another system',
  retry: 'Tries exceptions again',
  rerun: 'Runs an earlier run again',
  backfill: 'Part of a back-fill',
  resync: 'Reads single records again',
  waited: 'Lets records go on that waited',
}

/** “Started by Jana”, “Started by its schedule”, “Part of a back-fill, asked for by Jana”. */
export function sayCause(run: Pick<RunView, 'cause' | 'requestedBy'>): string {
  if (run.cause === 'manual') return `Started by ${run.requestedBy ?? 'hand'}`
  return `${STARTED[run.cause]}${run.requestedBy ? `, asked for by ${run.requestedBy}` : ''}`
}

export const LANE_WORDS: { readonly [lane in RunView['lane']]: string } = {
  live: 'Live: goes first',
  bulk: 'Bulk: after what people wait for',
}

// Names the runtime gives to its counts. Any other name is a port, and is shown as it is called.
const COUNT_WORDS: { readonly [name: string]: string } = {
  in: 'In',
  out: 'Out',
  rejected: 'Rejected',
  skipped: 'Skipped',
  read: 'Read',
  sent: 'Sent',
  unchanged: 'Unchanged, not sent again',
  refused: 'Refused',
  unknown: 'Outcome unknown',
  reversed: 'Reversed',
  superseded: 'Replaced by a later state',
  nothing: 'Nothing to send',
  seen: 'Seen before',
  calls: 'Calls',
  failed: 'Failed',
  other: 'Other',
  unmatched: 'Not found',
  exceptions: 'Exceptions',
}

/** What a dry run counts has not happened. */
const DRY_COUNT_WORDS: typeof COUNT_WORDS = {
  sent: 'Would send',
  unchanged: 'Unchanged, would not be sent',
  reversed: 'Would take back',
}

export const sayCountName = (name: string, dry = false): string =>
  (dry ? DRY_COUNT_WORDS[name] : undefined) ?? COUNT_WORDS[name] ?? name

/** One sentence on what a run did or why it stands where it stands. The server's own reason comes first. */
export function sayRun(
  run: Pick<RunView, 'state' | 'reason' | 'counts' | 'cancelRequested' | 'attempts'> &
    Partial<Pick<RunView, 'pauseRequested' | 'dry'>>,
): string {
  const set = run.counts['exceptions'] ?? 0
  const done = sayDone(run.counts, run.dry)
  switch (run.state) {
    case 'queued':
      return run.reason ?? 'Waits for its turn.'
    case 'running':
      if (run.cancelRequested) return 'Stops after the batch it is working on.'
      if (run.pauseRequested) return `${done} so far. It pauses after the batch it is working on.`
      if (Object.keys(run.counts).length === 0) return 'At work on its first batch.'
      return `${done} so far${set > 0 ? `; ${countOf(set, 'record')} set aside` : ''}.`
    case 'waiting':
      return run.reason ?? 'Waits, and goes on by itself.'
    case 'paused':
      return run.reason ?? 'Paused. It goes on when somebody resumes it.'
    case 'succeeded':
      return set > 0 ? `${done}; ${sayAside(set)}.` : `${done}.`
    case 'partly':
      return `${done}; ${sayAside(set)}.`
    case 'failed':
      return run.reason ?? 'Stopped by an error; what was settled before stays.'
    case 'cancelled':
      return run.reason ?? `Cancelled. ${done} before that; it stays.`
  }
}

/** What a person can do next with a run that has ended; the server’s own advice comes first. Null while it goes on. */
export function sayNext(
  run: Pick<RunView, 'state' | 'nextAction' | 'counts' | 'actions'> & Partial<Pick<RunView, 'dry'>>,
): string | null {
  if (run.nextAction !== null) return run.nextAction
  const again = run.actions.includes('rerun')
  switch (run.state) {
    case 'succeeded':
      return run.dry ? 'Nothing was sent. Look below at what the steps would do.' : 'Nothing to do.'
    case 'partly':
      return 'Look at the exceptions below: try them again or dismiss them.'
    case 'failed':
      return again ? 'Remove the cause, then run it again.' : 'Remove the cause; the next run goes on from here.'
    case 'cancelled':
      return again ? 'Run it again, or leave it: the next run goes on from here.' : 'The next run goes on from here.'
    case 'paused':
      return run.actions.includes('resume')
        ? 'Resume it when it may go on.'
        : 'Somebody with the right to may resume it.'
    default:
      return null
  }
}

const sayAside = (count: number): string =>
  count === 1 ? '1 record set aside as an exception' : `${countOf(count, 'record')} set aside as exceptions`

/** Of a dry run: what it would have done. */
function sayDone(counts: RunView['counts'], dry = false): string {
  const read = counts['read'] ?? counts['in']
  const sent = counts['sent']
  const parts = [
    ...(read ? [`read ${countOf(read, 'record')}`] : []),
    ...(sent === undefined ? [] : [`${dry ? 'would send' : 'sent'} ${countOf(sent, 'item')}`]),
    ...(counts['reversed'] ? [`${dry ? 'would reverse' : 'reversed'} ${countOf(counts['reversed'], 'item')}`] : []),
    ...(counts['unchanged']
      ? [`${dry ? 'would leave' : 'left'} ${countOf(counts['unchanged'], 'item')} as they were`]
      : []),
  ]
  const text = parts.length === 0 ? 'nothing new to do' : parts.join(', ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}
