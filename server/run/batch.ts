import type { DataRecord, Reference } from '../../connectors/kit/connector.ts'
import { businessKeyOf, moneyOf } from './describe.ts'
import type { NewException, PayloadRow, SettledBatch, StepRow } from './journal.ts'
import { deskOf } from './judge.ts'

/** A record that a node could not use, and why. */
export type Rejected = {
  readonly record: DataRecord
  readonly code: string
  readonly message: string
  readonly remote?: string | undefined
  /** Where the record itself does not name it. */
  readonly businessKey?: string | undefined
}

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
  readonly #payloads: Promise<readonly PayloadRow[]>[] = []
  readonly #confirmed = new Map<string, { connection: string; reference: Reference }>()
  readonly #folds = new Map<string, Fold>()
  readonly #exceptionsByNode = new Map<string, number>()

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

  confirm(connection: string, reference: Reference): void {
    this.#confirmed.set(`${connection} ${reference.kind} ${reference.key}`, { connection, reference })
  }

  isConfirmed(connection: string, reference: Reference): boolean {
    return this.#confirmed.has(`${connection} ${reference.kind} ${reference.key}`)
  }

  fold(fold: Fold): void {
    this.#folds.set(`${fold.node} ${fold.group}`, fold)
  }

  reject(node: string, rejected: Rejected): void {
    const position = this.#exceptionsByNode.get(node) ?? 0
    this.#exceptionsByNode.set(node, position + 1)
    const money = moneyOf(rejected.record)
    this.exceptions.push({
      node,
      position,
      code: rejected.code,
      message: rejected.message,
      remote: rejected.remote,
      businessKey: businessKeyOf(rejected.record) ?? rejected.businessKey,
      desk: deskOf(rejected.code, money.amount !== undefined),
      amount: money.amount,
      currency: money.currency,
      record: rejected.record,
    })
    this.count('exceptions', 1)
  }

  async settled(source: SettledBatch['source']): Promise<SettledBatch> {
    return {
      batch: this.number,
      source,
      steps: this.steps,
      payloads: (await Promise.all(this.#payloads)).flat(),
      exceptions: this.exceptions,
      answeredCalls: this.answeredCalls,
      upserts: this.upserts,
      confirmed: [...this.#confirmed.values()],
      folds: [...this.#folds.values()],
      kept: this.kept,
      counts: this.counts,
    }
  }
}
