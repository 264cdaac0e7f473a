import { StepError } from '../../../connectors/kit/errors.ts'
import type { PureStep } from './pure-step.ts'
import { sentences } from './sentences.ts'

type StopSettings = { readonly as: 'failed' | 'done'; readonly sentence: string }

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
  const [said] = await sentences(parts, batch, node.id, sentence, [record])
  const text =
    said && 'text' in said
      ? said.text
      : `A record arrived at “${node.name}”, which stops the run. Its sentence could not be made: ${said?.message}`
  throw as === 'done' ? new RunStopped(text) : new StepError('STOPPED', text)
}
