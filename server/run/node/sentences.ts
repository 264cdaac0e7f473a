import type { DataRecord } from '../../../connectors/kit/connector.ts'
import type { Batch } from '../batch/batch.ts'
import { evaluate } from '../batch/evaluate.ts'
import type { RunParts } from '../journal/parts.ts'

/** Characters of a sentence. */
const MOST = 1_000

export type Sentence =
  | { readonly text: string }
  /** The expression gave nothing, or failed for this record. */
  | { readonly code: string; readonly message: string }

/** What an expression says of each record, in their order. */
export async function sentences(
  parts: RunParts,
  batch: Batch,
  node: string,
  expression: string,
  records: readonly DataRecord[],
): Promise<readonly Sentence[]> {
  const { exits, steps } = await evaluate(parts, {
    // Whatever it gives stands in a field, so that a text is a record. The line's end closes a comment.
    program: {
      steps: [
        { kind: 'map', id: node, expression: `{ 'said': (${expression}\n) }`, ports: { out: { steps: [], exit: 0 } } },
      ],
      roots: [0],
      exits: 1,
    },
    records,
    text: JSON.stringify(records),
    place: `${batch.number}:${node}`,
    capture: false,
  })
  const said = new Map<number, Sentence>()
  for (const { origin, code, message } of steps[0]?.rejections ?? []) said.set(origin, { code, message })
  const { records: given = [], origins = [] } = exits[0] ?? {}
  for (const [index, one] of given.entries()) said.set(origins[index]!, sentenceOf(one.said))
  return records.map((_, index) => said.get(index) ?? NOTHING)
}

const NOTHING = { code: 'EXPRESSION_FAILED', message: 'The expression gives no text.' } as const

function sentenceOf(value: unknown): Sentence {
  if (value === undefined || value === null || value === '') return NOTHING
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return { text: text.length > MOST ? `${text.slice(0, MOST - 1)}…` : text }
}
