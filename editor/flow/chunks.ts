import type { BackfillView } from '../../server/contract/run-starts.ts'
import type { RunState } from '../../server/contract/runs.ts'
import { RUN_WORDS, type Worded } from '../words.ts'

type Chunk = BackfillView['chunks'][number]

const TO_COME: Worded = { tone: 'new', word: 'To come' }
const isRunState = (state: string): state is RunState => Object.hasOwn(RUN_WORDS, state)

/** The state of one part of a back-fill in the words for runs. A part without a run is still to come. */
export const wordOf = (chunk: Pick<Chunk, 'state'>): Worded =>
  chunk.state !== null && isRunState(chunk.state) ? RUN_WORDS[chunk.state] : TO_COME

const DONE = ['succeeded', 'partly']
const ENDED = [...DONE, 'failed', 'cancelled']

/** How many parts have done their work, and how many have not ended. */
export const tallyOf = (chunks: readonly Chunk[]): { readonly done: number; readonly open: number } => ({
  done: chunks.filter((chunk) => DONE.includes(chunk.state ?? '')).length,
  open: chunks.filter((chunk) => !ENDED.includes(chunk.state ?? '')).length,
})

/** Parts by state, in the order in which the states first occur. */
export function statesOf(chunks: readonly Chunk[]): readonly { readonly state: Worded; readonly count: number }[] {
  const groups = Map.groupBy(chunks, (chunk) => wordOf(chunk))
  return [...groups].map(([state, those]) => ({ state, count: those.length }))
}
