import type { NodeMemory, Remembered } from '../journal/node-memory.ts'
import { type Contribution, nameOf, type RunningState } from '../journal/running-memory.ts'

/**
 * What nodes remember, as a dry run sees it: what is kept between runs, and over it what this run would have added. That
 * lasts as long as the claim: a dry run that another worker takes up sees what is kept between runs again.
 */
export function imaginedMemory(stored: NodeMemory) {
  const contents = new Map<string, Buffer>()
  const states = new Map<string, RunningState>()
  /** By node and key, then by contribution. */
  const contributions = new Map<string, Map<string, Contribution>>()
  /** Records that this run would have kept waiting. */
  let waiting = 0
  const place = (node: string, key: string) => `${node} ${key}`

  const memory: NodeMemory = {
    contents: async (node, keys) => {
      const known = new Map(await stored.contents(node, keys))
      for (const key of keys) {
        const hash = contents.get(place(node, key))
        if (hash) known.set(key, hash)
      }
      return known
    },
    running: async (node, asked) => {
      const known = await stored.running(node, asked)
      const own = { states: new Map(known.states), contributions: new Map(known.contributions) }
      for (const { key, contribution } of asked) {
        const state = states.get(place(node, key))
        if (state) own.states.set(key, state)
        const one = contributions.get(place(node, key))?.get(contribution)
        if (one) own.contributions.set(nameOf(key, contribution), one)
      }
      return own
    },
    contributionsOf: async (node, key, but, after, limit) => {
      const own = contributions.get(place(node, key)) ?? new Map<string, Contribution>()
      const page = await stored.contributionsOf(node, key, [...but, ...own.keys()], after, limit)
      // The first page begins with them; whoever pages goes on behind the last one that is kept.
      return after >= 0 ? page : [...[...own].filter(([one]) => !but.includes(one)).map(([, one]) => one), ...page]
    },
    waiting: async (most) => waiting + (await stored.waiting(most)),
  }

  const remember = ({ contents: hashes, states: sums, contributions: given, waits }: Remembered): void => {
    waiting += waits.length
    for (const { node, key, hash } of hashes) contents.set(place(node, key), hash)
    for (const { node, key, state } of sums) states.set(place(node, key), state)
    for (const { node, key, contribution, ...one } of given) {
      const of = contributions.get(place(node, key)) ?? new Map<string, Contribution>()
      contributions.set(place(node, key), of.set(contribution, one))
    }
  }
  return { memory, remember }
}
