import type { Cursor } from '../../../connectors/kit/connector.ts'
import { gathersAll } from '../../flow/catalog/gathers.ts'
import type { PlannedNode } from '../../flow/plan/plan.ts'
import { readsBehindTrigger } from '../../flow/plan/windowed.ts'
import { Batch } from '../batch/batch.ts'
import { holds } from './holds.ts'
import { FEED, type SourceStanding, type Standing } from '../journal/journal.ts'
import type { RunStart } from '../journal/run-start.ts'
import type { Finds } from './look-up.ts'
import type { RunParts } from '../journal/parts.ts'

/** What lasts longer than a batch: the batch number, and what has come to its end. */
export class RunState {
  readonly parts: RunParts
  /** How the run begins; of one that is done again, how the earlier one began. */
  readonly start: RunStart
  readonly #done = new Set<string>()
  readonly #standing: ReadonlyMap<string, SourceStanding>
  readonly finds = new Map<string, Finds>()
  #nextBatch: number

  constructor(parts: RunParts, standing: Standing, start: RunStart) {
    this.parts = parts
    this.start = start
    this.#nextBatch = standing.batch
    this.#standing = standing.sources
    for (const [node, source] of standing.sources) if (source.done) this.#done.add(node)
  }

  /** Whether the flow's cursors move with the run. */
  get moves(): boolean {
    const { start, dry } = this.parts.claim
    return dry !== true && (start.kind === 'trigger' || start.kind === 'inbox')
  }

  /** Whether records come from elsewhere than from reads. */
  get isFed(): boolean {
    const { kind } = this.start
    return kind !== 'trigger' && kind !== 'window' && kind !== 'first-page'
  }

  /** Reads that take part, in the plan's order: those that the trigger leads to. */
  sources(): PlannedNode[] {
    const { kind } = this.start
    if (kind !== 'trigger' && kind !== 'inbox' && kind !== 'window' && kind !== 'first-page') return []
    const { plan, claim } = this.parts
    return [...readsBehindTrigger(plan, claim.causeNode)]
  }

  /** Nodes that gather whole runs whose every source has ended and that have not left yet, in the plan's order. */
  *readyToFlush(): Generator<PlannedNode> {
    for (const planned of this.parts.plan.nodes.values()) {
      if (!gathersAll(planned.node.operation) || this.isDone(planned.node.id)) continue
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

  /** Whether this run, or an earlier claim of it, wrote down where its reads stood as it began. */
  knows(node: string): boolean {
    return this.#standing.has(node)
  }

  /** Whether the flow's cursor of a read waits for the end of the run. */
  holds(read: PlannedNode): boolean {
    return holds(this.parts.plan, read.node.id)
  }

  newBatch(): Batch {
    return new Batch(this.#nextBatch++)
  }

  /** What may still bring records to a node, over however many nodes: reads that take part, summaries, the feed. */
  #sourcesOf(id: string): string[] {
    const { plan } = this.parts
    const reached = new Set(this.sources().map((read) => read.node.id))
    // Fed records may enter anywhere.
    const found = new Set<string>(this.isFed ? [FEED] : [])
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
        } else if (gathersAll(before.node.operation)) found.add(before.node.id)
        else open.push(before.node.id)
      }
    }
    return [...found]
  }
}
