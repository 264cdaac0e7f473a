import type { NodeSteps, RunView } from '../../server/contract/runs.ts'
import type { Flow } from '../../server/flow/document/flow.ts'
import type { Overlay, StepRun } from '../canvas/elements.ts'
import { countOf, sayCount } from '../format/number.ts'
import { sayLength } from '../format/time.ts'
import { underWay } from '../queries.ts'

/** What a run has done so far, as it is drawn on the version that it ran. */
export function overlayOf(run: RunView, steps: readonly NodeSteps[], flow: Flow): Overlay {
  const live = underWay(run.state)
  const bySteps = new Map(steps.map((step) => [step.node, step]))
  const last = steps.at(-1)?.node
  return {
    live,
    steps: new Map(
      flow.nodes.map((node): [string, StepRun] => [
        node.id,
        node.id === run.causeNode && !bySteps.has(node.id)
          ? STARTED
          : stateOf(run, bySteps.get(node.id), live && node.id === last),
      ]),
    ),
    counts: new Map(
      steps.flatMap((step) =>
        Object.entries(step.counts)
          .filter(([, count]) => count > 0)
          .map(([port, count]): [string, string] => [`${step.node}/${port}`, sayCount(count)]),
      ),
    ),
  }
}

/** A trigger handles no records: it has no step in the trace. */
const STARTED: StepRun = { tone: 'ok', word: 'The run started here', foot: 'started here' }

function stateOf(run: RunView, step: NodeSteps | undefined, current: boolean): StepRun {
  if (step === undefined) {
    if (run.causeNode !== '' && underWay(run.state) && run.batches === 0)
      return { tone: 'waiting', word: 'Waiting', foot: 'waiting' }
    return { tone: 'skipped', word: 'Not reached', foot: 'not reached' }
  }
  const came = step.counts['in'] ?? step.counts['out'] ?? 0
  const parts = [countOf(came, 'record'), sayLength(step.workingMs)]
  if (step.retries > 0) parts.push(countOf(step.retries, 'retry', 'retries'))
  const rejected = step.counts['rejected'] ?? 0
  if (rejected > 0) parts.push(`${sayCount(rejected)} set aside`)
  const foot = parts.join(' · ')
  if (step.failed > 0) return { tone: 'failed', word: 'Failed', foot }
  if (current) return { tone: 'running', word: 'Running', foot }
  if (rejected > 0) return { tone: 'partly', word: `Succeeded, ${sayCount(rejected)} set aside`, foot }
  return { tone: 'ok', word: 'Succeeded', foot }
}
