import type { DataRecord, Reference } from '../../../connectors/kit/connector.ts'
import { businessKeyOf, moneyOf } from '../record/describe.ts'
import type { EffectName, NewException, PayloadRow, Retried, SettledBatch, StepRow } from '../journal/journal.ts'
import { deskOf } from '../call/judge.ts'
import { keysOf } from '../record/keys.ts'
import { BatchMemory } from '../journal/node-memory.ts'
import type { Stake } from '../record/stake.ts'

/** A record that a node could not use, and why. */
export type Rejected = {
  readonly record: DataRecord
  /** What it was made of in the nodes before, where those are one trip to the evaluator. */
  readonly madeOf?: DataRecord | undefined
  readonly code: string
  readonly message: string
  readonly remote?: string | undefined
  /** Where the record itself does not name it. */
  readonly businessKey?: string | undefined
  /** What the write that failed says of it: more than the record can. */
  readonly stake?: Stake | undefined
  /** What was asked for when the record was found, where that is another object. */
  readonly asked?: DataRecord | undefined
  /** Effect keys of a write's payloads, where it came so far. */
  readonly keys?: readonly string[] | undefined
  readonly heldBehind?: string | undefined
  /** The effect it is about, as the ledger knows it. */
  readonly effect?: EffectName | undefined
}

/** How a rejected record is known again. */
export type Marks = Pick<NewException, 'identity' | 'matchKey'>

type Fold = { readonly node: string; readonly group: string; readonly seq: number; readonly state: unknown }

/** Collects, while a batch walks the plan, everything that its one transaction will write. */
export class Batch {
  readonly number: number
  readonly steps: StepRow[] = []
  readonly exceptions: NewException[] = []
  readonly answeredCalls: { call: string; state: 'answered' | 'refused' }[] = []
  readonly upserts: SettledBatch['upserts'][number][] = []
  readonly kept: SettledBatch['kept'][number][] = []
  readonly counts: { [name: string]: number } = {}
  readonly memory = new BatchMemory()
  readonly #keys = new Map<string, Set<string>>()
  readonly #payloads: Promise<readonly PayloadRow[]>[] = []
  readonly #confirmed = new Map<string, { connection: string; reference: Reference }>()
  readonly #folds = new Map<string, Fold>()
  readonly #exceptionsByNode = new Map<string, number>()
  /** Records that are tried again: where each entered, and for which exception. */
  readonly #entered = new Map<DataRecord, { readonly node: string; readonly exception: string }>()
  readonly #retried = new Map<string, Retried>()
  /** Keys of records that failed in this batch, by node. */
  readonly #failed = new Set<string>()
  readonly #passed = new Map<string, { readonly node: string; readonly key: string }>()

  constructor(number: number) {
    this.number = number
  }

  count(name: string, more: number): void {
    if (more !== 0) this.counts[name] = (this.counts[name] ?? 0) + more
  }

  /** Keeps a payload for the trace; the work goes on while it is compressed. */
  trace(payload: Promise<readonly PayloadRow[]>): void {
    // Awaited in `settled`; without this a failure in between would count as unhandled.
    payload.catch(() => undefined)
    this.#payloads.push(payload)
  }

  /** Records leave their source: by these keys they can be found again. */
  leaving(node: string, records: readonly DataRecord[]): void {
    this.#keys.set(node, keysOf(records, this.#keys.get(node)))
  }

  confirm(connection: string, reference: Reference): void {
    this.#confirmed.set(`${connection} ${reference.kind} ${reference.key}`, { connection, reference })
  }

  isConfirmed(connection: string, reference: Reference): boolean {
    return this.#confirmed.has(`${connection} ${reference.kind} ${reference.key}`)
  }

  fold(fold: Fold): void {
    this.#folds.set(`${fold.node} ${fold.group}`, fold)
  }

  /** What was folded in this batch. */
  folded(node: string, group: string): unknown {
    return this.#folds.get(`${node} ${group}`)?.state
  }

  /** A record enters `node` again for an exception: that resolves, unless the node rejects this very object. */
  tryAgain(node: string, record: DataRecord, exception: string): void {
    this.#entered.set(record, { node, exception })
    this.#retried.set(exception, { exception, outcome: 'passed' })
  }

  /** The exception for which a record enters a node again. */
  triedAgain(node: string, record: DataRecord): string | undefined {
    const entered = this.#entered.get(record)
    return entered?.node === node ? entered.exception : undefined
  }

  /** Whether this batch leaves an exception of the key at the node. */
  leftOpen(node: string, matchKey: string): boolean {
    return this.#failed.has(`${node} ${matchKey}`)
  }

  /** A later record of an open exception's key went through. */
  pass(node: string, key: string): void {
    this.#passed.set(`${node} ${key}`, { node, key })
  }

  reject(node: string, rejected: Rejected, marks: Marks = {}): void {
    const position = this.#exceptionsByNode.get(node) ?? 0
    this.#exceptionsByNode.set(node, position + 1)
    const { stake } = rejected
    const own = moneyOf(rejected.record)
    const money = stake?.amount === undefined ? own : stake
    const failed: NewException = {
      node,
      position,
      code: rejected.code,
      message: rejected.message,
      remote: rejected.remote,
      businessKey: stake?.name?.slice(0, 200) ?? businessKeyOf(rejected.record) ?? rejected.businessKey,
      desk: deskOf(rejected.code, own.amount !== undefined || own.currency !== undefined),
      amount: money.amount,
      currency: money.currency,
      record: rejected.record,
      effect: rejected.effect,
      heldBehind: rejected.heldBehind,
      ...marks,
    }
    this.count('exceptions', 1)
    if (marks.matchKey !== undefined) this.#failed.add(`${node} ${marks.matchKey}`)
    const entered = this.#entered.get(rejected.asked ?? rejected.record)
    if (entered?.node === node) {
      this.#retried.set(entered.exception, { exception: entered.exception, outcome: 'rejected', again: failed })
    } else this.exceptions.push(failed)
  }

  async settled(source: SettledBatch['source']): Promise<SettledBatch> {
    return {
      batch: this.number,
      source,
      steps: joined(this.steps),
      payloads: renumbered((await Promise.all(this.#payloads)).flat()),
      exceptions: this.exceptions,
      retried: [...this.#retried.values()],
      passed: [...this.#passed.values()],
      answeredCalls: this.answeredCalls,
      upserts: this.upserts,
      confirmed: [...this.#confirmed.values()],
      folds: [...this.#folds.values()],
      kept: this.kept,
      memory: this.memory.remembered(),
      counts: this.counts,
      keys: [...this.#keys].map(([node, keys]) => ({ node, keys })),
    }
  }
}

/** A node that took its records in several turns has one step row. */
function joined(steps: readonly StepRow[]): readonly StepRow[] {
  const byNode = new Map<string, StepRow>()
  for (const row of steps) {
    const before = byNode.get(row.node)
    byNode.set(row.node, before ? joinedRow(before, row) : row)
  }
  return [...byNode.values()]
}

const joinedRow = (a: StepRow, b: StepRow): StepRow => ({
  ...a,
  waitingMs: a.waitingMs + b.waitingMs,
  workingMs: a.workingMs + b.workingMs,
  calls: a.calls + b.calls,
  attempts: a.attempts + b.attempts - 1,
  counts: sums(a.counts, b.counts),
  ...(b.error ? { error: b.error } : {}),
  exchanges: [...(a.exchanges ?? []), ...(b.exchanges ?? [])],
})

function sums(a: StepRow['counts'], b: StepRow['counts']): StepRow['counts'] {
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  return Object.fromEntries([...names].map((name) => [name, (a[name] ?? 0) + (b[name] ?? 0)]))
}

/** What a node left in several turns is one payload. */
function renumbered(rows: readonly PayloadRow[]): readonly PayloadRow[] {
  return [...Map.groupBy(rows, ({ node, kind }) => `${node} ${kind}`).values()].flatMap((same) => {
    const turns = same.filter(({ chunk }) => chunk === 0)
    if (turns.length <= 1) return same
    const total = turns.reduce((sum, row) => sum + row.total, 0)
    return same.map((row, chunk) => ({ ...row, chunk, total }))
  })
}
