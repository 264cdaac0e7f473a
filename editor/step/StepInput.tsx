import type { FlowNode } from '../../server/flow/flow.ts'

export function StepInput(_props: { node: FlowNode; onPick: (path: string) => void }) {
  return <p className="muted">No sample yet. Run the flow once, or test it.</p>
}
