import type { FlowNode } from '../../server/flow/document/flow.ts'
import { sayInput } from '../draft/port-words.ts'
import { useEditor } from '../edit/context.ts'
import { Pin } from './Pin.tsx'
import { Records } from './Records.tsx'
import { SampleRun } from './SampleRun.tsx'
import { useSample } from './use-sample.ts'

/** What came to this step in an earlier run, or what is pinned to it. */
export function StepInput({ node, onPick }: { node: FlowNode; onPick: (path: string) => void }) {
  const { operations } = useEditor()
  const info = operations.get(node.operation)
  const inputs = info?.inputs ?? ['in']
  const sample = useSample(node.id)
  if (info?.kind === 'trigger') return <p className="muted">A trigger starts the flow: nothing comes in.</p>
  if (info?.kind === 'read') return <p className="muted">A read fetches its records itself: only a start comes in.</p>
  return (
    <>
      <SampleRun sample={sample} />
      {sample.hidden ? null : <Pin node={node.id} input={inputs[0] ?? 'in'} sample={sample} />}
      {inputs.length > 1 ? <h3>{sayInput(info, inputs[0] ?? 'in')}</h3> : null}
      <Records sample={sample} label="What came in" onPick={onPick} />
      {inputs.slice(1).map((input) => (
        <Other key={input} node={node.id} input={input} title={sayInput(info, input)} />
      ))}
    </>
  )
}

function Other({ node, input, title }: { node: string; input: string; title: string }) {
  const sample = useSample(node, input)
  return (
    <>
      <h3>{title}</h3>
      <Records sample={sample} label={title} />
    </>
  )
}
