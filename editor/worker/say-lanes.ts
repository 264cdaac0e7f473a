import type { Lanes } from '../../server/contract/lanes.ts'
import { countOf, sayCount } from '../format/number.ts'
import { sayLength } from '../format/time.ts'
import type { Worded } from '../words.ts'

export type Worker = Lanes['workers'][number]
export type Lane = Lanes['lanes'][number]

export const WORKER_WORDS: { readonly [state in Worker['state']]: Worded } = {
  starting: { tone: 'waiting', word: 'Starting' },
  working: { tone: 'running', word: 'At work' },
  idle: { tone: 'ok', word: 'Ready' },
  stopping: { tone: 'waiting', word: 'Stopping' },
  outdated: { tone: 'off', word: 'Outdated' },
  lost: { tone: 'failed', word: 'Lost' },
}

/** What a state of a worker means for the work, where it does not go without saying. */
export const WORKER_NOTES: { readonly [state in Worker['state']]?: string } = {
  starting: 'Waits for connections to the database, or sets itself up.',
  stopping: 'Finishes what it has in hand and takes nothing new.',
  outdated: 'Takes no more work: a newer version is there.',
  lost: 'No sign of life. Its runs are taken over by the others.',
}

export const ROLE_WORDS: { readonly [role in Worker['role']]: string } = {
  all: 'Pages and work',
  api: 'Pages only',
  worker: 'Work only',
}

export const LANE_TITLES: { readonly [lane in Lane['lane']]: { readonly title: string; readonly note: string } } = {
  live: { title: 'Live', note: 'What people and events wait for. It goes first.' },
  bulk: { title: 'Bulk', note: 'Back-fills and other large work. It goes behind the live lane.' },
}

/** Those that take runs: one that only serves pages, is stopping, outdated or lost does not. */
export const able = (workers: readonly Worker[]): readonly Worker[] =>
  workers.filter((one) => one.role !== 'api' && (one.state === 'working' || one.state === 'idle'))

/** “4 of 4”, and “, 1 beside” of a workspace that would else wait for those who hold all slots. */
export function sayInUse({ role, running, slots }: Pick<Worker, 'role' | 'running' | 'slots'>): string {
  if (role === 'api') return '—'
  const inSlots = `${sayCount(Math.min(running, slots))} of ${sayCount(slots)}`
  return running > slots ? `${inSlots}, ${sayCount(running - slots)} beside` : inSlots
}

/** “3 workers, 2 runs at work, nothing waits longer than 4 s.” */
export function sayLanes({ workers, lanes, running }: Lanes, now: Date): string {
  const count = able(workers).length
  const oldest = lanes.map((lane) => lane.oldestQueuedAt).filter((at) => at !== null)
  const waits = oldest.map((at) => Math.max(0, now.getTime() - Date.parse(at)))
  const longest = Math.max(0, ...waits)
  const parts = [
    count === 0 ? 'No worker is running' : countOf(count, 'worker'),
    running.length === 0 ? 'nothing at work' : `${countOf(running.length, 'run')} at work`,
    waits.length === 0 ? 'nothing waits for its turn' : `nothing waits longer than ${sayWait(longest)}`,
  ]
  return `${parts.join(', ')}.`
}

/** Whole seconds, then whole minutes: a wait is known only as exactly as the page is read. */
const sayWait = (ms: number): string =>
  ms < 60_000 ? `${Math.ceil(ms / 1000)} s` : sayLength(Math.ceil(ms / 60_000) * 60_000)
