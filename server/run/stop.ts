import { StepError } from '../../connectors/kit/errors.ts'
import { evaluate } from './evaluate.ts'
import type { PureStep } from './pure-step.ts'

type StopSettings = { readonly as: 'failed' | 'done'; readonly sentence: string }

/** Characters of a sentence. */
const MOST = 1_000

/** Thrown when the flow itself says that there is nothing more to do. The message is for people. */
export class RunStopped extends Error {
  override name = 'RunStopped'
}

/**
 * Ends the run at the first record that arrives. The batch in hand does not settle, so the next run reads it again.
 * @throws StepError STOPPED | RunStopped
 */
export const stop: PureStep = async ({ parts, batch, planned: { node } }, inputs) => {
  const { as, sentence } = node.settings as StopSettings // checked when the flow was planned
  const [record] = inputs.get('in') ?? []
  if (!record) return { ports: {}, rejected: [] }
  const { exits, steps } = await evaluate(parts, {
    // Whatever it gives stands in a field, so that a text is a record.
    program: {
      steps: [
        { kind: 'map', id: node.id, expression: `{ 'said': (${sentence}) }`, ports: { out: { steps: [], exit: 0 } } },
      ],
      roots: [0],
      exits: 1,
    },
    records: [record],
    text: JSON.stringify([record]),
    place: `${batch.number}:${node.id}`,
    capture: false,
  })
  const said = exits[0]?.records[0]?.said
  const why = steps[0]?.rejections[0]?.message
  const text =
    said === undefined || said === null || said === ''
      ? `A record arrived at “${node.name}”, which stops the run.${why === undefined ? '' : ` Its sentence could not be made: ${why}`}`
      : typeof said === 'string'
        ? said
        : JSON.stringify(said)
  const shown = text.length > MOST ? `${text.slice(0, MOST)}…` : text
  throw as === 'done' ? new RunStopped(shown) : new StepError('STOPPED', shown)
}
