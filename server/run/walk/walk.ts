import type {
  DataRecord,
  LookupOperation,
  Policy,
  ReadOperation,
  WriteOperation,
} from '../../../connectors/kit/connector.ts'
import type { FusedGroup } from '../../flow/plan/fuse.ts'
import { gathers } from '../../flow/catalog/gathers.ts'
import type { PlannedNode } from '../../flow/plan/plan.ts'
import type { Batch, Rejected } from '../batch/batch.ts'
import { bound } from '../call/bound.ts'
import { type Connected, connectFor } from '../call/connected.ts'
import { evaluate, type Yielded, yieldedBy } from '../batch/evaluate.ts'
import { at } from './failed-at.ts'
import { failpoint } from '../call/failpoint.ts'
import type { Group } from './feed.ts'
import { finishStep } from '../batch/finish-step.ts'
import { readAgain } from './find.ts'
import { except, notePassed } from '../batch/identity.ts'
import { inOrder } from '../batch/in-order.ts'
import { Finds, lookUp } from './look-up.ts'
import type { RunParts } from '../journal/parts.ts'
import { countsOf, type Inputs, type PureResult, type PureStep } from '../node/pure-step.ts'
import { PURE_STEPS } from '../node/pure-steps.ts'
import { refusedAt, refusedOf } from '../batch/refused.ts'
import { tracePayload } from '../batch/trace.ts'
import { writeRecords } from '../write/write.ts'

/** One batch on its way through the plan, node after node in topological order. */
export class Walk {
  readonly #parts: RunParts
  readonly #batch: Batch
  readonly #finds: Map<string, Finds>
  /** Records that wait before a node, by input. */
  readonly #inbox = new Map<string, Map<string, DataRecord[]>>()
  /** JSON texts of record lists that were written out already, by the list. */
  readonly #texts = new WeakMap<readonly DataRecord[], string>()

  /** Settles when the batch before has: until then nothing may be looked up, gathered or written. */
  readonly #turn: Promise<void>

  constructor(parts: RunParts, batch: Batch, finds: Map<string, Finds>, turn: Promise<void>) {
    this.#turn = turn
    this.#parts = parts
    this.#batch = batch
    this.#finds = finds
  }

  /** Lets records leave a source by a port and takes them as far as they go. `refused`: what could not become one. */
  async from(
    source: PlannedNode,
    port: string,
    records: readonly DataRecord[],
    refused: readonly Rejected[] = [],
  ): Promise<void> {
    this.#leave(source, port, records)
    this.#reject(source, refused, [])
    await this.#go()
  }

  /** Lets what a gathering node has gathered leave, and takes it as far as it goes. */
  async gathered(source: PlannedNode, { ports, rejected }: Pick<PureResult, 'ports' | 'rejected'>): Promise<void> {
    for (const [port, records] of Object.entries(ports)) this.#leave(source, port, records)
    this.#reject(source, rejected, [])
    await this.#go()
  }

  /** Lets fed records come in, each at its place, and takes them as far as they go. */
  async fed(groups: readonly Group[]): Promise<void> {
    for (const { planned, entrance, fed } of groups) {
      const records = fed.map(({ record }) => record)
      this.#batch.count('read', planned.info.kind === 'read' ? 0 : records.length)
      if ('leave' in entrance) {
        finishStep(this.#batch, planned, new Date(), performance.now(), { in: records.length, out: records.length })
        this.#leave(planned, entrance.port, records)
        continue
      }
      // Nothing before the node has it in its trace, nor in the index of keys.
      this.#batch.leaving(planned.node.id, records)
      this.#trace(planned.node.id, entrance.input === 'in' ? 'in' : `in:${entrance.input}`, records)
      this.#deliver(planned.node.id, entrance.input, records)
    }
    await this.#go()
  }

  async #go(): Promise<void> {
    const groups = new Map(this.#parts.groups.map((group) => [group.id, group]))
    for (const planned of this.#parts.plan.nodes.values()) {
      const inputs = this.#inbox.get(planned.node.id)
      if (!inputs) continue
      this.#inbox.delete(planned.node.id)
      this.#parts.signal.throwIfAborted()
      await failpoint('walk.node:before')
      const group = groups.get(planned.node.id)
      const step = (given: ReadonlyMap<string, DataRecord[]>) =>
        at(planned.node.id, () => (group ? this.#evaluate(group, given.get('in') ?? []) : this.#step(planned, given)))
      // What gathers a whole run has no order to keep.
      if (!this.#parts.ordered || planned.info.kind === 'read' || gathers(planned.node.operation)) await step(inputs)
      else {
        await inOrder(this.#parts, this.#batch, planned, inputs.get('in') ?? [], this.#turn, (records) =>
          step(new Map([['in', records]])),
        )
      }
      await failpoint('walk.node:after')
    }
  }

  #text(records: readonly DataRecord[]): string {
    let text = this.#texts.get(records)
    if (text === undefined) {
      text = JSON.stringify(records)
      this.#texts.set(records, text)
    }
    return text
  }

  /** Hands records on by a port and keeps them for the trace. */
  #leave(planned: PlannedNode, port: string, records: readonly DataRecord[], trace = true): void {
    const targets = planned.ports.get(port) ?? []
    if (records.length === 0) return
    if (planned.info.kind === 'read' || planned.info.kind === 'trigger') this.#batch.leaving(planned.node.id, records)
    if (trace) this.#trace(planned.node.id, `out:${port}`, records)
    for (const { node, input } of targets) {
      // An event only starts a read: that has records of its own.
      if (planned.info.kind === 'trigger' && this.#parts.plan.nodes.get(node)?.info.kind === 'read') continue
      this.#deliver(node, input, records)
    }
  }

  #trace(node: string, kind: string, records: readonly DataRecord[]): void {
    const { capture } = this.#parts
    this.#batch.trace(tracePayload(node, kind, records, capture, capture === 'full' ? this.#text(records) : undefined))
  }

  #deliver(node: string, input: string, records: readonly DataRecord[]): void {
    let inputs = this.#inbox.get(node)
    if (!inputs) {
      inputs = new Map()
      this.#inbox.set(node, inputs)
    }
    const waiting = inputs.get(input)
    // The list itself, not a copy, as long as nobody adds to it: its JSON text may be known.
    if (!waiting) inputs.set(input, records as DataRecord[])
    else inputs.set(input, [...waiting, ...records])
  }

  /** Sends rejected records out by the `rejected` port where an edge leaves it; else they become exceptions. */
  #reject(planned: PlannedNode, rejected: readonly Rejected[], entered: readonly DataRecord[]): void {
    if (rejected.length === 0) return
    if ((planned.ports.get('rejected') ?? []).length > 0) {
      this.#leave(
        planned,
        'rejected',
        rejected.map(({ record, code, message, remote }) => ({
          record,
          error: { code, message, ...(remote === undefined ? {} : { remote }) },
        })),
      )
      return
    }
    except(this.#parts, this.#batch, planned, rejected, entered)
  }

  async #evaluate(group: FusedGroup, records: readonly DataRecord[]): Promise<void> {
    const startedAt = new Date()
    const evaluated = await evaluate(this.#parts, {
      program: group.program,
      records,
      text: this.#text(records),
      place: `${this.#batch.number}:${group.id}`,
      capture: this.#parts.capture === 'full',
    })
    for (const [index, result] of evaluated.steps.entries()) {
      const planned = this.#parts.plan.nodes.get(group.nodes[index]!)!
      const { rejections } = result
      const rejected = rejections.map(({ origin, record, code, message, hint }) => ({
        // What came back from the evaluator is a copy; that a record is tried again is known by the record itself.
        record: index === 0 ? (records[origin] ?? record) : record,
        // In the middle of the group a record may have no name of its own: it goes by what it was made of.
        madeOf: records[origin],
        code,
        message: hint ? `${message} ${hint}` : message,
      }))
      except(this.#parts, this.#batch, planned, rejected, records)
      await notePassed(this.#parts, this.#batch, planned, records, () =>
        refusedAt(group.program, index, evaluated, records),
      )
      if (result.in === 0) continue
      this.#batch.steps.push({
        node: planned.node.id,
        position: planned.order,
        operation: planned.node.operation,
        startedAt,
        waitingMs: 0,
        workingMs: result.ms,
        calls: 0,
        attempts: 1,
        counts: { in: result.in, ...result.ports, none: result.none },
      })
      for (const [port, stream] of Object.entries(result.output ?? {})) {
        if (stream.records.length > 0) {
          this.#batch.trace(tracePayload(planned.node.id, `out:${port}`, stream.records, this.#parts.capture))
        }
      }
    }
    for (const [index, exit] of group.exits.entries()) {
      const { records: leaving } = evaluated.exits[index]!
      if (leaving.length === 0) continue
      this.#trace(exit.node, `out:${exit.port}`, leaving)
      // Only the targets outside the group: those inside have had theirs.
      for (const { node, input } of exit.targets) this.#deliver(node, input, leaving)
    }
  }

  async #step(planned: PlannedNode, inputs: ReadonlyMap<string, DataRecord[]>): Promise<void> {
    const { info, node } = planned
    const records = inputs.get('in') ?? []
    // A write waits after its expression was evaluated.
    if (info.kind !== 'write') await this.#turn
    if (info.kind === 'read') return this.#find(planned, records)
    const pure = PURE_STEPS.get(node.operation)
    if (pure) return this.#pure(pure, planned, inputs)
    if (info.kind === 'lookup') return this.#lookUp(planned, records)
    if (info.kind === 'write') return this.#write(planned, records)
    throw new Error(`Nobody knows how to carry out “${node.operation}”`)
  }

  async #pure(step: PureStep, planned: PlannedNode, inputs: Inputs): Promise<void> {
    const startedAt = new Date()
    const before = performance.now()
    const result = await step({ parts: this.#parts, batch: this.#batch, planned }, inputs)
    const entered = [...inputs.values()].flat()
    for (const [port, records] of Object.entries(result.ports)) this.#leave(planned, port, records)
    const judged = result.each ? (inputs.get(result.each) ?? []) : []
    this.#reject(planned, result.rejected, judged)
    await notePassed(this.#parts, this.#batch, planned, judged, () => refusedOf(result.rejected))
    finishStep(this.#batch, planned, startedAt, before, {
      in: entered.length,
      ...countsOf(result),
      rejected: result.rejected.length,
    })
  }

  async #lookUp(planned: PlannedNode, records: readonly DataRecord[]): Promise<void> {
    const startedAt = new Date()
    const before = performance.now()
    const { connection, exchanges, tally, context: unbound } = await connectFor(this.#parts, planned)
    const { node } = planned
    const operation = this.#parts.operation(node.operation) as LookupOperation
    const { settings, context } = await bound(operation, unbound, tally, node.settings, [])
    let finds = this.#finds.get(node.id)
    if (!finds) {
      finds = new Finds()
      this.#finds.set(node.id, finds)
    }
    const found = await lookUp(
      {
        operation,
        connection: connection.id,
        settings: settings as { readonly [name: string]: unknown } as { key: string; as: string },
        context,
        batch: this.#batch,
        tally,
        finds,
      },
      records,
    )
    this.#leave(planned, 'out', found.out)
    this.#leave(planned, 'unmatched', found.unmatched)
    this.#reject(planned, found.rejected, records)
    await notePassed(this.#parts, this.#batch, planned, records, () => refusedOf(found.rejected))
    finishStep(
      this.#batch,
      planned,
      startedAt,
      before,
      { in: records.length, out: found.out.length, unmatched: found.unmatched.length, rejected: found.rejected.length },
      tally,
      exchanges,
    )
  }

  /** A read that is entered looks for single records by the keys that come in, or judges again what came of no key. */
  async #find(planned: PlannedNode, keys: readonly DataRecord[]): Promise<void> {
    const startedAt = new Date()
    const before = performance.now()
    const { exchanges, tally, context } = await connectFor(this.#parts, planned)
    const { node } = planned
    // The plan says that it is a read.
    const operation = this.#parts.operation(node.operation) as ReadOperation
    const { out, rejected } = await readAgain(operation, node.name, context, tally, keys)
    this.#batch.count('read', out.length)
    this.#leave(planned, 'out', out)
    this.#reject(planned, rejected, keys)
    finishStep(
      this.#batch,
      planned,
      startedAt,
      before,
      { in: out.length + rejected.length, out: out.length, rejected: rejected.length },
      tally,
      exchanges,
    )
  }

  async #write(planned: PlannedNode, records: readonly DataRecord[]): Promise<void> {
    // A write was planned as one.
    const operation = this.#parts.operation(planned.node.operation) as WriteOperation
    if (this.#parts.claim.quiet && operation.announces) return this.#passQuietly(planned, records)
    const connected = await connectFor(this.#parts, planned)
    try {
      await this.#writeOver(connected, planned, records)
    } finally {
      connected.end()
    }
  }

  /** What people outside would notice is left out: the records pass on, and the ledger knows nothing of it. */
  async #passQuietly(planned: PlannedNode, records: readonly DataRecord[]): Promise<void> {
    const startedAt = new Date()
    await this.#turn
    this.#leave(planned, 'out', records, false)
    finishStep(this.#batch, planned, startedAt, performance.now(), {
      in: records.length,
      out: records.length,
      rejected: 0,
      quiet: records.length,
    })
  }

  async #writeOver(
    { connection, exchanges, tally, context, again }: Connected,
    planned: PlannedNode,
    records: readonly DataRecord[],
  ): Promise<void> {
    const startedAt = new Date()
    let before = performance.now()
    const { node, info } = planned
    const { yielded, failed } = await this.#yielded(planned, records)
    const evaluated = performance.now()
    await this.#turn
    // Standing in line for the batch before is not this node's work.
    before += performance.now() - evaluated
    const kept = failed.size === 0 ? records : records.filter((_, index) => !failed.has(index))
    const places = new Map<number, number>()
    for (const index of records.keys()) if (!failed.has(index)) places.set(index, places.size)

    const written = await writeRecords(
      {
        node: node.id,
        operation: this.#parts.operation(node.operation) as WriteOperation,
        operationId: node.operation,
        connection: connection.id,
        settings: node.settings,
        policy: (node.settings.policy ?? info.policies?.[0] ?? 'every-time') as Policy,
        context,
        ledger: this.#parts.ledger,
        batch: this.#batch,
        tally,
        exchanges,
        dry: this.#parts.claim.dry,
        totals: this.#parts.claim.dry === true && this.#parts.claim.start.kind === 'window',
        ...(info.effect === 'keyed' ? { again } : {}),
        occasion: `${this.#parts.claim.run}.${this.#batch.number}.${node.id}`,
      },
      kept,
      failed.size === 0 ? yielded : yielded.map((one) => ({ ...one, origin: places.get(one.origin)! })),
    )
    const rejected = [...failed.values(), ...written.rejected]
    // What goes on is what came in: it stands in the trace of the node before, unless some of it went no further.
    this.#leave(planned, 'out', written.out, rejected.length > 0 && (planned.ports.get('out') ?? []).length > 0)
    this.#reject(planned, rejected, records)
    await notePassed(this.#parts, this.#batch, planned, records, () => refusedOf(rejected), written.keysOf)
    if (written.sent.length > 0) this.#batch.trace(tracePayload(node.id, 'call', written.sent, this.#parts.capture))
    for (const name of ['sent', 'unchanged', 'reversed', 'unknown'] as const)
      this.#batch.count(name, written.counts[name] ?? 0)
    finishStep(
      this.#batch,
      planned,
      startedAt,
      before,
      { ...written.counts, in: records.length, rejected: rejected.length },
      tally,
      exchanges,
    )
  }

  #yielded(planned: PlannedNode, records: readonly DataRecord[]): Promise<Yielded> {
    return yieldedBy(
      this.#parts,
      planned.node,
      records,
      this.#text(records),
      `${this.#batch.number}:${planned.node.id}`,
    )
  }
}
