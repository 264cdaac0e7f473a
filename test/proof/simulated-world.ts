import { setImmediate as turn } from 'node:timers'

/** Simulated milliseconds, also of the code under test (its waits are taken from here). */
export const clock = { now: 0 }

/** A worker that carries the run out, or did until it died. */
export type Actor = {
  readonly epoch: number
  state: 'working' | 'frozen' | 'dead' | 'done'
  /** Since when it stands still. */
  since?: number
}

type Parked = { readonly actor: Actor; readonly name: string; readonly go: () => void }

/** The same numbers from 0 to 1 for the same seed (mulberry32). */
export function numbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/**
 * Decides, at every point where a worker waits for something outside of itself, who goes on, who dies, who stands
 * still: one seed, one history.
 */
export class World {
  readonly random: () => number
  readonly history: string[] = []
  #parked: Parked[] = []

  constructor(seed: number) {
    this.random = numbers(seed)
    clock.now = 0
  }

  /** With this likelihood. */
  chance(share: number): boolean {
    return this.random() < share
  }

  /** Where a worker waits. A dead one waits for ever. */
  boundary(actor: Actor, name: string): Promise<void> {
    return new Promise((resolve) => {
      this.#parked.push({ actor, name, go: resolve })
    })
  }

  /** Lets everything run until every worker waits or has ended. */
  async settle(actors: readonly Actor[]): Promise<void> {
    // A tick comes when all promises that could go on have gone on; a turn of the event loop costs half of the time.
    await new Promise<void>((resolve) => process.nextTick(resolve))
    for (let turns = 0; turns < 1_000 && actors.some((one) => this.#isAtWork(one)); turns++)
      await new Promise<void>((resolve) => turn(resolve))
  }

  #isAtWork(actor: Actor): boolean {
    return (actor.state === 'working' || actor.state === 'frozen') && !this.waiting(actor)
  }

  waiting(actor: Actor): boolean {
    return this.#parked.some((one) => one.actor === actor)
  }

  /** One of them goes on from where it waits. */
  step(actors: readonly Actor[]): void {
    const ready = this.#parked.filter((one) => actors.includes(one.actor))
    const next = ready[Math.floor(this.random() * ready.length)]
    if (!next) return
    this.#parked.splice(this.#parked.indexOf(next), 1)
    clock.now += 1 + Math.floor(this.random() * 50)
    this.history.push(`${next.actor.epoch}:${next.name}`)
    next.go()
  }

  die(actor: Actor): void {
    actor.state = 'dead'
    this.#parked = this.#parked.filter((one) => one.actor !== actor)
    this.history.push(`${actor.epoch}:dies`)
  }
}
