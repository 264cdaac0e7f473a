import type { Operations } from '../../server/contract/operations.ts'
import { countOf, sayCount } from '../format/number.ts'
import { sayLength } from '../format/time.ts'

export const AREA_WORDS: { readonly [area in Operations['findings'][number]['area']]: string } = {
  queue: 'Queue',
  processes: 'Processes',
  connections: 'Connections',
  schedules: 'Schedules',
  events: 'Events',
  traces: 'Traces',
  housekeeping: 'Housekeeping',
  database: 'Database',
  keys: 'Secret keys',
}

export const KEY_WORDS: {
  readonly [state in Operations['keys']['items'][number]['state']]: {
    readonly tone: 'ok' | 'partly' | 'off'
    readonly word: string
  }
} = {
  current: { tone: 'ok', word: 'In use' },
  next: { tone: 'partly', word: 'Is taking over' },
  replaced: { tone: 'partly', word: 'Replaced' },
  ended: { tone: 'off', word: 'Out of use' },
}

export const MISSED_WORDS: { readonly [why in Operations['missed'][number]['why']]: string } = {
  late: 'No worker has looked at its clock since',
  missed: 'No worker was running',
  'too-many': 'Too many had gathered',
  overlap: 'The run before had not ended',
}

/** What each task is for; one that is not listed is shown by its name alone. */
export const TASK_WORDS: { readonly [task: string]: string } = {
  partitions: 'Makes a place for the traces of the days to come',
  'old-traces': 'Drops days of traces past their time',
  'record-keys': 'Indexes the keys of days that are over',
  'old-events': 'Forgets events of hooks past their time',
  'run-leftovers': 'Clears what ended runs had gathered',
  'dead-jobs': 'Clears jobs of processes that died',
  'old-files': 'Removes files past their time',
  'old-tried': 'Removes drafts that were only tried',
  alerts: 'Looks at the rules of alerts',
  'old-alerts': 'Removes alerts past their time',
  'approval-letters': 'Writes to those who may approve, and of what was decided',
  'weekly-letters': 'Sends the letters of Monday',
  'settled-elsewhere': 'Closes exceptions that were settled in the other system',
  'unused-connections': 'Turns off connections that nothing uses',
  'turn-ons': 'Turns on flows whose time has come',
  'erasure-record': 'Writes down who was erased, apart from the database',
  'audit-anchors': 'Anchors the audit log',
  'closed-workspaces': 'Deletes workspaces that were closed',
}

/** What was found, with what a task is for instead of its name. */
export const sayTasks = (words: string): string =>
  words.replace(/“([a-z-]+)”/g, (whole, task: string) => (TASK_WORDS[task] ? `“${TASK_WORDS[task]}”` : whole))

/** “1 thing stands still, 2 need a look.” */
export function sayHealth({ findings }: Pick<Operations, 'findings'>): string {
  const red = findings.filter(({ tone }) => tone === 'red').length
  const amber = findings.length - red
  if (findings.length === 0) return 'Nothing stands still, nothing needs a look.'
  const parts = [
    ...(red > 0 ? [`${countOf(red, 'thing')} ${red === 1 ? 'stands' : 'stand'} still`] : []),
    ...(amber > 0
      ? [`${red > 0 ? sayCount(amber) : countOf(amber, 'thing')} ${amber === 1 ? 'needs' : 'need'} a look`]
      : []),
  ]
  return `${parts.join(', ')}.`
}

/** “60 minutes”, “5 minutes”, “30 s” */
export const sayEvery = (seconds: number): string => sayLength(seconds * 1000)
