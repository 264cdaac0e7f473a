import type { FlowNode } from '../../server/flow/flow.ts'

export function StepOutput(_props: { node: FlowNode }) {
  return <p className="muted">No sample yet. Run the flow once, or test it.</p>
}
