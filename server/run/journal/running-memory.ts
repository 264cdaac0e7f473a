import type { BatchMemory, NodeMemory } from './node-memory.ts'

/** What a contribution gives to a value. Sums are decimal texts. */
export type Given = string | number | boolean
export type RunningCell = { readonly count: number; readonly value?: Given; readonly seq?: number }
/** Values of one key, by what they are taken of; `next` is the number of the next new contribution. */
export type RunningState = { readonly next: number; readonly cells: { readonly [name: string]: RunningCell } }

/** What one contribution gave last. `seq`: in which order contributions of a key first came. */
export type Contribution = {
  readonly seq: number
  readonly version: string | undefined
  readonly takenBack: boolean
  readonly cells: { readonly [name: string]: Given }
}

/** Contributions of a key that are looked through together. */
const PAGE = 5_000

type Named = { readonly key: string | undefined; readonly contribution: string | undefined }

/** What is known of the keys of a batch: as it has settled, and over it what this batch has changed. */
export async function runningMemory(stored: NodeMemory, batch: BatchMemory, node: string, named: readonly Named[]) {
  const asked = named.flatMap(({ key, contribution }) =>
    key === undefined || contribution === undefined ? [] : [{ key, contribution }],
  )
  const standing = await stored.running(node, asked)
  return {
    state: (key: string): RunningState | undefined => batch.running(node, key) ?? standing.states.get(key),
    contribution: (key: string, contribution: string): Contribution | undefined =>
      batch.contribution(node, key, contribution) ?? standing.contributions.get(nameOf(key, contribution)),
    keep: (key: string, contribution: string, state: RunningState, next: Contribution): void =>
      batch.keepRunning(node, key, contribution, state, next),
    /** All contributions of a key but one. */
    others: (key: string, but: string) =>
      async function* (): AsyncGenerator<Contribution> {
        const changed = batch.contributionsOf(node, key)
        for (const [contribution, one] of changed) if (contribution !== but) yield one
        const known = [but, ...changed.keys()]
        for (let after = -1; ; ) {
          const page = await stored.contributionsOf(node, key, known, after, PAGE)
          yield* page
          const last = page.at(-1)
          if (!last) return
          after = last.seq
        }
      },
  }
}

/** One name for a contribution of a key. */
export const nameOf = (key: string, contribution: string): string => JSON.stringify([key, contribution])
