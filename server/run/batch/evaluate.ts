import type { DataRecord } from '../../../connectors/kit/connector.ts'
import type { Evaluated, Program } from '../../evaluate/program.ts'
import type { FlowNode } from '../../flow/document/flow.ts'
import { attempt, type Tally } from '../call/attempt.ts'
import type { Rejected } from './batch.ts'
import { businessKeyOf } from '../record/describe.ts'
import { failpoint } from '../call/failpoint.ts'
import type { RunParts } from '../journal/parts.ts'

const WHOLE_RECORD = '$'

export type Evaluation = {
  readonly program: Program
  readonly records: readonly DataRecord[]
  /** JSON text of `records`. */
  readonly text: string
  /** Where in the run: one place draws the same random numbers whenever it is evaluated. */
  readonly place: string
  readonly capture: boolean
}

export async function evaluate(
  parts: RunParts,
  { text, place, program: alone, ...asked }: Evaluation,
): Promise<Evaluated> {
  const { given } = parts.plan
  // Programs of the plan have it already; those of single settings do not.
  const program = given === undefined || alone.given !== undefined ? alone : { ...alone, given }
  const { claim, evaluator, signal } = parts
  const tally: Tally = { retries: 0, waitingMs: 0 }
  await failpoint('walk.evaluate:before')
  const evaluated = await attempt(tally, signal, () =>
    evaluator.run({
      workspace: claim.workspace,
      program,
      ...asked,
      recordsText: text,
      now: claim.fixedNow.getTime(),
      seed: `${claim.run}:${place}`,
      signal,
    }),
  )
  await failpoint('walk.evaluate:after')
  return evaluated
}

/** What a write node's `record` expression gives, each with the index of the record it came from. */
export type Yielded = {
  readonly yielded: readonly { readonly origin: number; readonly value: unknown }[]
  /** By index: records for which it has no answer. */
  readonly failed: ReadonlyMap<number, Rejected>
}

/** What the node's `record` expression makes of each record. */
export async function yieldedBy(
  parts: RunParts,
  node: FlowNode,
  records: readonly DataRecord[],
  text: string,
  place: string,
): Promise<Yielded> {
  const expression = String(node.settings.record ?? WHOLE_RECORD)
  const failed = new Map<number, Rejected>()
  if (expression.trim() === WHOLE_RECORD)
    return { yielded: records.map((value, origin) => ({ origin, value })), failed }
  const program: Program = {
    steps: [{ kind: 'map', id: node.id, expression, ports: { out: { steps: [], exit: 0 } } }],
    roots: [0],
    exits: 1,
  }
  const evaluated = await evaluate(parts, { program, records, text, place, capture: false })
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
