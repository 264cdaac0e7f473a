import type { Context, DataRecord, LookupOperation, Policy, WriteOperation } from '../../connectors/kit/connector.ts'
import type { Evaluated, Program } from '../evaluate/program.ts'
import type { FusedGroup } from '../flow/fuse.ts'
import type { PlannedNode } from '../flow/plan.ts'
import { attempt, type Tally } from './attempt.ts'
import type { Batch, Rejected } from './batch.ts'
import { businessKeyOf } from './describe.ts'
import { type JoinSettings, joinRecords, keepForJoin } from './join.ts'
import { lingering } from './lingering.ts'
import { Finds, lookUp } from './look-up.ts'
import type { Exchange, OpenConnection, RunParts } from './parts.ts'
import { gatherRecords, type SummariseSettings } from './summarise.ts'
import { tracePayload } from './trace.ts'
import { writeRecords } from './write.ts'

const WHOLE_RECORD = '$'

type Connected = {
  readonly connection: OpenConnection
  readonly exchanges: Exchange[]
  readonly tally: Tally
  readonly context: Context<never>
  end(): void
}

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

  /** Lets records leave a source by a port and takes them as far as they go. */
  async from(source: PlannedNode, port: string, records: readonly DataRecord[]): Promise<void> {
    this.#leave(source, port, records)
    const groups = new Map(this.#parts.groups.map((group) => [group.id, group]))
    for (const planned of this.#parts.plan.nodes.values()) {
      const inputs = this.#inbox.get(planned.node.id)
      if (!inputs) continue
      this.#inbox.delete(planned.node.id)
      this.#parts.signal.throwIfAborted()
      const group = groups.get(planned.node.id)
      if (group) await this.#evaluate(group, inputs.get('in') ?? [])
      else await this.#step(planned, inputs)
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
    if (trace) {
      const { capture } = this.#parts
      this.#batch.trace(
        tracePayload(
          planned.node.id,
          `out:${port}`,
          records,
          capture,
          capture === 'full' ? this.#text(records) : undefined,
        ),
      )
    }
    for (const { node, input } of targets) this.#deliver(node, input, records)
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
  #reject(planned: PlannedNode, rejected: readonly Rejected[]): void {
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
    for (const one of rejected) this.#batch.reject(planned.node.id, one)
  }

  async #evaluate(group: FusedGroup, records: readonly DataRecord[]): Promise<void> {
    const startedAt = new Date()
    const evaluated = await this.#run(
      group.program,
      records,
      `${this.#batch.number}:${group.id}`,
      this.#parts.capture === 'full',
    )
    for (const [index, result] of evaluated.steps.entries()) {
      const planned = this.#parts.plan.nodes.get(group.nodes[index]!)!
      const { rejections } = result
      for (const { record, code, message, hint } of rejections) {
        this.#batch.reject(planned.node.id, { record, code, message: hint ? `${message} ${hint}` : message })
      }
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
      const { capture } = this.#parts
      this.#batch.trace(
        tracePayload(
          exit.node,
          `out:${exit.port}`,
          leaving,
          capture,
          capture === 'full' ? this.#text(leaving) : undefined,
        ),
      )
      // Only the targets outside the group: those inside have had theirs.
      for (const { node, input } of exit.targets) this.#deliver(node, input, leaving)
    }
  }

  #run(program: Program, records: readonly DataRecord[], place: string, capture: boolean): Promise<Evaluated> {
    const { claim, evaluator, signal } = this.#parts
    const tally: Tally = { retries: 0, waitingMs: 0 }
    return attempt(tally, signal, () =>
      evaluator.run({
        workspace: claim.workspace,
        program,
        records,
        recordsText: this.#text(records),
        now: claim.fixedNow.getTime(),
        seed: `${claim.run}:${place}`,
        capture,
        signal,
      }),
    )
  }

  async #step(planned: PlannedNode, inputs: ReadonlyMap<string, DataRecord[]>): Promise<void> {
    const { info, node } = planned
    const records = inputs.get('in') ?? []
    // A write waits after its expression was evaluated.
    if (info.kind !== 'write') await this.#turn
    if (node.operation === 'summarise') return this.#summarise(planned, records)
    if (node.operation === 'join') return this.#join(planned, records, inputs.get('with') ?? [])
    if (info.kind === 'lookup') return this.#lookUp(planned, records)
    if (info.kind === 'write') return this.#write(planned, records)
    throw new Error(`Nobody knows how to carry out “${node.operation}”`)
  }

  #finish(
    planned: PlannedNode,
    startedAt: Date,
    before: number,
    counts: { readonly [name: string]: number },
    tally?: Tally,
    exchanges: readonly Exchange[] = [],
  ): void {
    const { node } = planned
    const waitingMs = (tally?.waitingMs ?? 0) + exchanges.reduce((sum, one) => sum + one.waitedMs, 0)
    this.#batch.count('calls', exchanges.length)
    this.#batch.steps.push({
      node: node.id,
      position: planned.order,
      operation: node.operation,
      startedAt,
      waitingMs,
      workingMs: Math.max(0, performance.now() - before - waitingMs),
      calls: exchanges.length,
      attempts: 1 + (tally?.retries ?? 0),
      counts,
    })
    if (exchanges.length > 0) this.#batch.trace(tracePayload(node.id, 'http', [...exchanges], 'full'))
  }

  async #summarise(planned: PlannedNode, records: readonly DataRecord[]): Promise<void> {
    const startedAt = new Date()
    const before = performance.now()
    const settings = planned.node.settings as SummariseSettings
    const rejected = await gatherRecords(planned.node.id, settings, this.#parts.journal, this.#batch, records)
    this.#reject(planned, rejected)
    this.#finish(planned, startedAt, before, {
      in: records.length,
      gathered: records.length - rejected.length,
      rejected: rejected.length,
    })
  }

  async #join(planned: PlannedNode, records: readonly DataRecord[], withRecords: readonly DataRecord[]): Promise<void> {
    const startedAt = new Date()
    const before = performance.now()
    const settings = planned.node.settings as JoinSettings
    const refused = keepForJoin(planned.node.id, settings, this.#batch, withRecords)
    const joined = await joinRecords(planned.node.id, settings, this.#parts.journal, this.#batch, records)
    const rejected = [...refused, ...joined.rejected]
    this.#leave(planned, 'out', joined.out)
    this.#leave(planned, 'unmatched', joined.unmatched)
    this.#reject(planned, rejected)
    this.#finish(planned, startedAt, before, {
      in: records.length + withRecords.length,
      out: joined.out.length,
      unmatched: joined.unmatched.length,
      gathered: withRecords.length - refused.length,
      rejected: rejected.length,
    })
  }

  /** Opens the node's connection for this step and notes what it says over it. */
  async #connect(planned: PlannedNode): Promise<Connected> {
    const { signal } = this.#parts
    const connection = await this.#parts.connection(planned.node.slot!)
    const exchanges: Exchange[] = []
    const tally: Tally = { retries: 0, waitingMs: 0 }
    const late = planned.info.kind === 'write' && planned.info.effect !== 'upsert' ? lingering(signal) : undefined
    const context: Context<never> = {
      ...connection.context(late?.signal ?? signal, (one) => exchanges.push(one)),
      // The call in hand may linger; no further one begins.
      signal,
      settings: planned.node.settings as never,
    }
    return { connection, exchanges, tally, context, end: () => late?.end() }
  }

  async #lookUp(planned: PlannedNode, records: readonly DataRecord[]): Promise<void> {
    const startedAt = new Date()
    const before = performance.now()
    const { connection, exchanges, tally, context } = await this.#connect(planned)
    const { node } = planned
    let finds = this.#finds.get(node.id)
    if (!finds) {
      finds = new Finds()
      this.#finds.set(node.id, finds)
    }
    const found = await lookUp(
      {
        operation: this.#parts.operation(node.operation) as LookupOperation,
        connection: connection.id,
        settings: node.settings as { key: string; as: string },
        context,
        batch: this.#batch,
        tally,
        finds,
      },
      records,
    )
    this.#leave(planned, 'out', found.out)
    this.#leave(planned, 'unmatched', found.unmatched)
    this.#reject(planned, found.rejected)
    this.#finish(
      planned,
      startedAt,
      before,
      { in: records.length, out: found.out.length, unmatched: found.unmatched.length, rejected: found.rejected.length },
      tally,
      exchanges,
    )
  }

  async #write(planned: PlannedNode, records: readonly DataRecord[]): Promise<void> {
    const connected = await this.#connect(planned)
    try {
      await this.#writeOver(connected, planned, records)
    } finally {
      connected.end()
    }
  }

  async #writeOver(
    { connection, exchanges, tally, context }: Connected,
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
        exchanged: () => exchanges.length,
        occasion: `${this.#parts.claim.run}.${this.#batch.number}`,
      },
      kept,
      failed.size === 0 ? yielded : yielded.map((one) => ({ ...one, origin: places.get(one.origin)! })),
    )
    // What goes on is what came in: it stands in the trace of the node before.
    this.#leave(planned, 'out', written.out, false)
    const rejected = [...failed.values(), ...written.rejected]
    this.#reject(planned, rejected)
    if (written.sent.length > 0) this.#batch.trace(tracePayload(node.id, 'call', written.sent, this.#parts.capture))
    for (const name of ['sent', 'unchanged', 'reversed', 'unknown'] as const)
      this.#batch.count(name, written.counts[name] ?? 0)
    this.#finish(
      planned,
      startedAt,
      before,
      { ...written.counts, in: records.length, rejected: rejected.length },
      tally,
      exchanges,
    )
  }

  /** What the node's `record` expression makes of each record. */
  async #yielded(planned: PlannedNode, records: readonly DataRecord[]) {
    const { node } = planned
    const expression = String(node.settings.record ?? WHOLE_RECORD)
    const failed = new Map<number, Rejected>()
    if (expression.trim() === WHOLE_RECORD) {
      return { yielded: records.map((value, origin) => ({ origin, value })), failed }
    }
    const program: Program = {
      steps: [{ kind: 'map', id: node.id, expression, ports: { out: { steps: [], exit: 0 } } }],
      roots: [0],
      exits: 1,
    }
    const evaluated = await this.#run(program, records, `${this.#batch.number}:${node.id}`, false)
    const { records: values, origins } = evaluated.exits[0]!
    for (const { origin, code, message, hint } of evaluated.steps[0]!.rejections) {
      failed.set(origin, {
        record: records[origin]!,
        code,
        message: hint ? `${message} ${hint}` : message,
        businessKey: businessKeyOf(records[origin]!),
      })
    }
    return { yielded: values.map((value, index) => ({ origin: origins[index]!, value })), failed }
  }
}
