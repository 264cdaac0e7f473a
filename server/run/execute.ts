import type { Context, Cursor, DataRecord, Page, ReadOperation } from '../../connectors/kit/connector.ts'
import type { PlannedNode } from '../flow/plan.ts'
import { attempt, type Tally } from './attempt.ts'
import { Batch } from './batch.ts'
import type { SourceStanding, Standing } from './journal.ts'
import type { Finds } from './look-up.ts'
import type { Exchange, RunParts } from './parts.ts'
import { Seen } from './seen.ts'
import { type Group, type SummariseSettings, summary } from './summarise.ts'
import { tracePayload } from './trace.ts'
import { Walk } from './walk.ts'

/** Groups of a summarise node that leave together. */
const FLUSH = 1_000

/**
 * Carries a run out, batch by batch, from wherever it stands. A batch settles only after every node downstream has dealt
 * with all of its records, so a run that dies half-way resumes at the batch after the last settled one.
 * @throws Park, StepError (pause, fail), LeaseLost, RunCancelled; anything else is a bug.
 */
export async function executeRun(parts: RunParts): Promise<void> {
  await closeCalls(parts)
  try {
    await readEverything(parts)
  } catch (error) {
    // Calls that were planned and never made must not hold their keys against the next run. Where this fails, the next
    // claim does it.
    await closeCalls(parts).catch(() => undefined)
    throw error
  }
}

/** Settles calls that a worker left open, in an earlier claim of this run or in this one. */
export async function closeCalls(parts: Pick<RunParts, 'ledger' | 'plan'>): Promise<void> {
  await parts.ledger.recover((node) => {
    const planned = parts.plan.nodes.get(node)
    return planned?.info.effect === 'upsert' ? 'repeated' : 'unknown'
  })
}

async function readEverything(parts: RunParts): Promise<void> {
  const standing = await parts.journal.standing()
  const run = new RunState(parts, standing)
  for (const read of run.sources()) {
    if (!run.isDone(read.node.id)) await readAll(run, read)
    // A summary leaves when the last read that feeds it has come to its end.
    for (const node of run.readyToFlush()) await flush(run, node)
  }
  await parts.journal.releaseCursors()
}

/** What lasts longer than a batch: the batch number, and what has come to its end. */
class RunState {
  readonly parts: RunParts
  readonly #done = new Set<string>()
  readonly #standing: ReadonlyMap<string, SourceStanding>
  readonly finds = new Map<string, Finds>()
  #nextBatch: number

  constructor(parts: RunParts, standing: Standing) {
    this.parts = parts
    this.#nextBatch = standing.batch
    this.#standing = standing.sources
    for (const [node, source] of standing.sources) if (source.done) this.#done.add(node)
  }

  /** Reads that the trigger leads to, in the plan's order. */
  sources(): PlannedNode[] {
    const { plan, claim } = this.parts
    const reached = new Set<string>()
    const open = [claim.causeNode]
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (reached.has(id)) continue
      reached.add(id)
      for (const targets of plan.nodes.get(id)?.ports.values() ?? [])
        for (const target of targets) open.push(target.node)
    }
    return plan.reads.filter((read) => reached.has(read.node.id))
  }

  /** Summarise nodes whose every source has ended and that have not left yet, in the plan's order. */
  *readyToFlush(): Generator<PlannedNode> {
    for (const planned of this.parts.plan.nodes.values()) {
      if (planned.node.operation !== 'summarise' || this.isDone(planned.node.id)) continue
      const sources = this.#sourcesOf(planned.node.id)
      if (sources.length > 0 && sources.every((source) => this.isDone(source))) yield planned
    }
  }

  isDone(node: string): boolean {
    return this.#done.has(node)
  }

  markDone(node: string): void {
    this.#done.add(node)
  }

  cursorOf(node: string): Cursor | undefined {
    return this.#standing.get(node)?.cursor
  }

  seenOf(node: string): Buffer | undefined {
    return this.#standing.get(node)?.seen
  }

  /**
   * Whether a read feeds what a run gathers before it goes on: a summary, or the records a join keeps. If such a run
   * fails, the next one has to read the same records again, so the flow's cursor waits for the end.
   */
  holds(read: PlannedNode): boolean {
    const { plan } = this.parts
    const looked = new Set<string>()
    const open = [read.node.id]
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      const planned = plan.nodes.get(id)
      if (!planned || looked.has(id)) continue
      looked.add(id)
      if (planned.node.operation === 'summarise') return true
      for (const [port, targets] of planned.ports) {
        if (port === 'done') continue
        for (const target of targets) {
          if (target.input === 'with') return true
          open.push(target.node)
        }
      }
    }
    return false
  }

  newBatch(): Batch {
    return new Batch(this.#nextBatch++)
  }

  /** Reached reads and summaries that feed a node, over however many nodes. */
  #sourcesOf(id: string): string[] {
    const { plan } = this.parts
    const reached = new Set(this.sources().map((read) => read.node.id))
    const found = new Set<string>()
    const looked = new Set<string>()
    const open = [id]
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      for (const before of plan.nodes.values()) {
        const feeds = [...before.ports].some(
          ([port, targets]) => port !== 'done' && targets.some((target) => target.node === at),
        )
        if (!feeds || looked.has(before.node.id)) continue
        looked.add(before.node.id)
        if (before.info.kind === 'read') {
          if (reached.has(before.node.id)) found.add(before.node.id)
        } else if (before.node.operation === 'summarise') found.add(before.node.id)
        else open.push(before.node.id)
      }
    }
    return [...found]
  }
}

async function readAll(run: RunState, read: PlannedNode): Promise<void> {
  const { parts } = run
  const { node } = read
  const operation = parts.operation(node.operation) as ReadOperation
  const connection = await parts.connection(node.slot!)
  const stored = operation.incremental ? await parts.journal.cursor(node.id, connection.id) : undefined
  const held = run.holds(read)
  const seen = operation.incremental ? new Seen(run.seenOf(node.id) ?? stored?.seen ?? Buffer.alloc(0)) : undefined

  // Of the page being fetched; each page takes its own with it, as the one after it may be on its way already.
  const exchanges: Exchange[] = []
  // Ends the page that is being read ahead when the batch before it fails.
  const ahead = new AbortController()
  const context: Context<never> = {
    ...connection.context(AbortSignal.any([parts.signal, ahead.signal]), (one) => exchanges.push(one)),
    settings: node.settings as never,
  }
  const from = run.cursorOf(node.id) ?? stored?.cursor
  let startedAt = new Date()

  // Two batches are on their way at most: while one writes and settles, the next is fetched and evaluated, which
  // changes nothing outside. It waits with its first look-up or write until the one before it has settled.
  let settled: Promise<void> = Promise.resolve()
  try {
    for await (const { page, exchanges: mine, tally } of pages(operation, context, from, exchanges)) {
      const before = performance.now()
      const records =
        seen && operation.identify ? page.records.filter((record) => isNew(seen, operation, record)) : page.records
      const batch = run.newBatch()
      batch.count('read', records.length)
      batch.count('calls', mine.length)
      const waitedMs = mine.reduce((sum, one) => sum + one.waitedMs, 0) + tally.waitingMs
      batch.steps.push({
        node: node.id,
        position: read.order,
        operation: node.operation,
        startedAt,
        waitingMs: waitedMs,
        workingMs: mine.reduce((sum, one) => sum + one.ms, 0) + (performance.now() - before),
        calls: mine.length,
        attempts: 1 + tally.retries,
        counts: { in: page.records.length, out: records.length, seen: page.records.length - records.length },
      })
      if (mine.length > 0) batch.trace(tracePayload(node.id, 'http', mine, 'full'))
      const turn = settled
      settled = walkAndSettle(
        run,
        batch,
        read,
        'out',
        records,
        page,
        {
          cursor: page.cursor,
          done: false,
          records: records.length,
          ...(seen ? { incremental: { connection: connection.id, seen: seen.toBuffer(), held } } : {}),
        },
        turn,
      )
      // Its failure is met when its turn is waited for.
      settled.catch((error: unknown) => ahead.abort(error))
      await turn
      startedAt = new Date()
    }
  } catch (error) {
    // The batch on its way comes to its end first; if it failed, its failure is the older one and the one that counts.
    await settled
    throw error
  }
  await settled
  await settleDone(run, node.id)
}

/** A page and what it cost. */
type Fetched = { readonly page: Page; readonly exchanges: readonly Exchange[]; readonly tally: Tally }

/** The operation's pages. A page that fails is asked for again from the cursor of the last one that came. */
async function* pages(
  operation: ReadOperation,
  context: Context<never>,
  from: Cursor | undefined,
  exchanges: Exchange[],
): AsyncGenerator<Fetched> {
  let cursor = from
  let iterator = operation.read(context, cursor)[Symbol.asyncIterator]()
  for (;;) {
    const tally: Tally = { retries: 0, waitingMs: 0 }
    const next = await attempt(tally, context.signal, async () => {
      try {
        return await iterator.next()
      } catch (error) {
        // A generator that threw has ended: start another one where this one stood.
        iterator = operation.read(context, cursor)[Symbol.asyncIterator]()
        throw error
      }
    })
    if (next.done) return
    cursor = next.value.cursor
    yield { page: next.value, exchanges: exchanges.splice(0), tally }
  }
}

function isNew(seen: Seen, operation: ReadOperation, record: DataRecord): boolean {
  const { id, version, at } = operation.identify!(record)
  return seen.isNew(id, version, at)
}

/** Sends out what a summarise node has gathered, in the order in which its groups first appeared. */
async function flush(run: RunState, planned: PlannedNode): Promise<void> {
  const { parts } = run
  const { node } = planned
  const settings = node.settings as SummariseSettings
  let after = Number(run.cursorOf(node.id)?.seq ?? -1)
  for (;;) {
    const groups = await parts.journal.groupsAfter(node.id, after, FLUSH)
    const last = groups.at(-1)
    if (!last) break
    after = last.seq
    const startedAt = new Date()
    const records = groups.map(({ state }) => summary(settings, state as Group))
    const batch = run.newBatch()
    batch.steps.push({
      node: node.id,
      position: planned.order,
      operation: node.operation,
      startedAt,
      waitingMs: 0,
      workingMs: Date.now() - startedAt.getTime(),
      calls: 0,
      attempts: 1,
      counts: { groups: groups.length, out: records.length },
    })
    await walkAndSettle(run, batch, planned, 'out', records, undefined, {
      cursor: { seq: after },
      done: false,
      records: records.length,
    })
  }
  await settleDone(run, node.id)
}

async function settleDone(run: RunState, node: string): Promise<void> {
  const settled = await run.newBatch().settled({ node, cursor: undefined, done: true, records: 0 })
  await run.parts.journal.settle(settled)
  run.markDone(node)
}

async function walkAndSettle(
  run: RunState,
  batch: Batch,
  source: PlannedNode,
  port: string,
  records: readonly DataRecord[],
  page: Page | undefined,
  standing: {
    cursor: Cursor | undefined
    done: boolean
    records: number
    incremental?: { connection: string; seen: Buffer; held: boolean }
  },
  turn: Promise<void> = Promise.resolve(),
): Promise<void> {
  // Only when nothing was dropped is the page the very list that goes on.
  const walk = new Walk(run.parts, batch, run.finds, turn)
  await walk.from(source, port, page && records.length === page.records.length ? page.records : records)
  const settled = await batch.settled({ node: source.node.id, ...standing })
  await turn
  await run.parts.journal.settle(settled)
}
