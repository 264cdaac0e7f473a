import type { DataRecord } from '../../../connectors/kit/connector.ts'
import type { Contribution, RunningState } from './running-memory.ts'

/** What a node remembers from run to run, per flow and node. It is written with the batch that settles, never before. */
export interface NodeMemory {
  /** Hash of the content that last went through a “changed only”, by key; keys that never did are missing. */
  contents(node: string, keys: readonly string[]): Promise<ReadonlyMap<string, Buffer>>
  /** Of a running value: the states of these keys, by key, and their contributions, by `nameOf`. */
  running(
    node: string,
    asked: readonly { readonly key: string; readonly contribution: string }[],
  ): Promise<{
    readonly states: ReadonlyMap<string, RunningState>
    readonly contributions: ReadonlyMap<string, Contribution>
  }>
  /** Contributions of a key but some, in the order in which they first came, after one of them. */
  contributionsOf(
    node: string,
    key: string,
    but: readonly string[],
    after: number,
    limit: number,
  ): Promise<readonly Contribution[]>
  /** How many records of the flow wait, at all of its nodes; counted up to `most`. */
  waiting(most: number): Promise<number>
}

export type KeptContent = { readonly node: string; readonly key: string; readonly hash: Buffer }
export type KeptState = { readonly node: string; readonly key: string; readonly state: RunningState }
export type KeptContribution = Contribution & {
  readonly node: string
  readonly key: string
  readonly contribution: string
}

/** A record that waits at a node. */
export type KeptWait = {
  readonly node: string
  readonly record: DataRecord
  readonly cameAt: Date
  readonly dueAt: Date
}

export type KeptNotice = {
  readonly node: string
  readonly nodeName: string
  readonly key: string
  readonly severity: 'info' | 'warning' | 'critical'
  readonly desk: 'finance' | 'marketing' | 'technical'
  readonly message: string
}

/** What a batch adds to the memory of nodes. */
export type Remembered = {
  readonly contents: readonly KeptContent[]
  readonly states: readonly KeptState[]
  readonly contributions: readonly KeptContribution[]
  /** One for each node and key, with how many records told it. */
  readonly notices: readonly (KeptNotice & { readonly count: number })[]
  readonly waits: readonly KeptWait[]
  /** Under which records waited that came out with this batch. */
  readonly letOut: readonly string[]
}

/** Collects it while the batch walks, and answers for what has not settled yet. */
export class BatchMemory {
  readonly #contents = new Map<string, KeptContent>()
  readonly #states = new Map<string, KeptState>()
  /** By node and key, then by contribution. */
  readonly #contributions = new Map<string, Map<string, KeptContribution>>()

  readonly #notices = new Map<string, KeptNotice & { readonly count: number }>()

  readonly #waits: KeptWait[] = []
  readonly #letOut: string[] = []

  content(node: string, key: string): Buffer | undefined {
    return this.#contents.get(`${node} ${key}`)?.hash
  }

  /** The last one of a key counts. */
  keepContent(content: KeptContent): void {
    this.#contents.set(`${content.node} ${content.key}`, content)
  }

  running(node: string, key: string): RunningState | undefined {
    return this.#states.get(`${node} ${key}`)?.state
  }

  contribution(node: string, key: string, contribution: string): Contribution | undefined {
    return this.#contributions.get(`${node} ${key}`)?.get(contribution)
  }

  contributionsOf(node: string, key: string): ReadonlyMap<string, Contribution> {
    return this.#contributions.get(`${node} ${key}`) ?? new Map<string, Contribution>()
  }

  keepRunning(node: string, key: string, contribution: string, state: RunningState, next: Contribution): void {
    const place = `${node} ${key}`
    this.#states.set(place, { node, key, state })
    const own = this.#contributions.get(place) ?? new Map<string, KeptContribution>()
    this.#contributions.set(place, own.set(contribution, { ...next, node, key, contribution }))
  }

  /** The last one of a key has the words. */
  keepNotice(notice: KeptNotice): void {
    const place = `${notice.node} ${notice.key}`
    this.#notices.set(place, { ...notice, count: (this.#notices.get(place)?.count ?? 0) + 1 })
  }

  /** Records that this batch leaves waiting so far. */
  get waiting(): number {
    return this.#waits.length
  }

  keepWaiting(wait: KeptWait): void {
    this.#waits.push(wait)
  }

  letOut(id: string): void {
    this.#letOut.push(id)
  }

  remembered(): Remembered {
    return {
      contents: [...this.#contents.values()],
      states: [...this.#states.values()],
      notices: [...this.#notices.values()],
      waits: this.#waits,
      letOut: this.#letOut,
      contributions: [...this.#contributions.values()].flatMap((own) => [...own.values()]),
    }
  }
}
