import type { ConnectionView } from '../server/contract/connections.ts'
import type { FlowView } from '../server/contract/flows.ts'
import type { Membership } from '../server/contract/people.ts'
import type { ExceptionView } from '../server/contract/exceptions.ts'
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

export function sayRunState(run: Pick<RunView, 'state' | 'cancelRequested'>): Worded {
  if (run.cancelRequested && (run.state === 'running' || run.state === 'waiting' || run.state === 'queued')) {
    return { tone: 'running', word: 'Cancelling' }
  }
  return RUN_WORDS[run.state]
}

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

export const DESK_WORDS: { readonly [desk in ExceptionView['desk']]: string } = {
  finance: 'Finance',
  marketing: 'Marketing',
  technical: 'Technical',
}

export const CONNECTION_WORDS: { readonly [state in ConnectionView['state']]: Worded } = {
  new: { tone: 'new', word: 'Not tested yet' },
  ready: { tone: 'ok', word: 'Ready' },
  'sign-in-needed': { tone: 'person', word: 'Needs sign-in' },
}

/** “Started by Jana”, “Started by its schedule”. */
export const sayCause = (run: Pick<RunView, 'cause' | 'requestedBy'>): string =>
  run.cause === 'schedule' ? 'Started by its schedule' : `Started by ${run.requestedBy ?? 'hand'}`

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

export const sayCountName = (name: string): string => COUNT_WORDS[name] ?? name

/** One sentence on what a run did or why it stands where it stands. The server's own reason comes first. */
export function sayRun(run: Pick<RunView, 'state' | 'reason' | 'counts' | 'cancelRequested' | 'attempts'>): string {
  const set = run.counts['exceptions'] ?? 0
  const done = sayDone(run.counts)
  switch (run.state) {
    case 'queued':
      return run.reason ?? 'Waits for its turn.'
    case 'running':
      if (run.cancelRequested) return 'Stops after the batch it is working on.'
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

const sayAside = (count: number): string =>
  count === 1 ? '1 record set aside as an exception' : `${countOf(count, 'record')} set aside as exceptions`

function sayDone(counts: RunView['counts']): string {
  const read = counts['read'] ?? counts['in']
  const sent = counts['sent']
  const parts = [
    ...(read ? [`read ${countOf(read, 'record')}`] : []),
    ...(sent === undefined ? [] : [`sent ${countOf(sent, 'item')}`]),
    ...(counts['reversed'] ? [`reversed ${countOf(counts['reversed'], 'item')}`] : []),
    ...(counts['unchanged'] ? [`left ${countOf(counts['unchanged'], 'item')} as they were`] : []),
  ]
  const text = parts.length === 0 ? 'nothing new to do' : parts.join(', ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}
