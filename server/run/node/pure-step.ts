import type { DataRecord } from '../../../connectors/kit/connector.ts'
import type { PlannedNode } from '../../flow/plan/plan.ts'
import type { Batch, Rejected } from '../batch/batch.ts'
import type { RunParts } from '../journal/parts.ts'

/** What a node of the engine's own works with that remembers other records: the run, its batch, the node itself. */
export type PureWork = { readonly parts: RunParts; readonly batch: Batch; readonly planned: PlannedNode }

/** Records by input. An input that nothing came to in this batch is missing. */
export type Inputs = ReadonlyMap<string, readonly DataRecord[]>

/** What became of a batch's records at a node. */
export type PureResult = {
  /** What leaves, by port. Each port stands in the counts, also an empty one. */
  readonly ports: { readonly [port: string]: readonly DataRecord[] }
  readonly rejected: readonly Rejected[]
  /** Beside `in`, `rejected` and the ports. */
  readonly counts?: { readonly [name: string]: number }
  /** It judges the records of this input one at a time: a success resolves an open exception of the same record. */
  readonly each?: 'in'
}

/** Carries out one node for one batch. Called when the batch before has settled. */
export type PureStep = (work: PureWork, inputs: Inputs) => Promise<PureResult>

/** Records by port, and what else the node counted. */
export function countsOf({ ports, counts }: Pick<PureResult, 'ports' | 'counts'>): { [name: string]: number } {
  return { ...Object.fromEntries(Object.entries(ports).map(([port, { length }]) => [port, length])), ...counts }
}
