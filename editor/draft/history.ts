import type { Flow } from '../../server/flow/document/flow.ts'
import { merge } from './merge.ts'

/** One step back: what the flow was before and after, and how the step is called. */
export type Entry = {
  readonly label: string
  readonly before: Flow
  readonly after: Flow
  readonly key: string | undefined
  /** Milliseconds since 1970. */
  readonly at: number
}

export type History = { readonly past: readonly Entry[]; readonly future: readonly Entry[] }

export const NO_HISTORY: History = { past: [], future: [] }

/** Changes with one key that follow each other within this time are one step: a word that is typed. */
const TOGETHER_MS = 800
const MOST = 200

export function remember(history: History, entry: Entry): History {
  const last = history.past.at(-1)
  if (last && entry.key !== undefined && last.key === entry.key && entry.at - last.at <= TOGETHER_MS) {
    const joined = { ...last, after: entry.after, at: entry.at }
    return { past: [...history.past.slice(0, -1), joined], future: [] }
  }
  return { past: [...history.past, entry].slice(-MOST), future: [] }
}

export type Turned = { readonly flow: Flow; readonly history: History; readonly label: string }

/** Takes the last step back. What somebody else has changed meanwhile stays: only the step itself is undone. */
export function undo(flow: Flow, history: History): Turned | undefined {
  const entry = history.past.at(-1)
  if (entry === undefined) return undefined
  return {
    flow: turn(flow, entry.after, entry.before),
    history: { past: history.past.slice(0, -1), future: [entry, ...history.future] },
    label: entry.label,
  }
}

export function redo(flow: Flow, history: History): Turned | undefined {
  const [entry, ...future] = history.future
  if (entry === undefined) return undefined
  return {
    flow: turn(flow, entry.before, entry.after),
    history: { past: [...history.past, entry], future },
    label: entry.label,
  }
}

const turn = (now: Flow, from: Flow, to: Flow): Flow => (now === from ? to : merge(from, to, now).flow)
