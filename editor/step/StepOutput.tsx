import { SegmentedControl } from '@mantine/core'
import { useState } from 'react'
import type { FlowNode } from '../../server/flow/document/flow.ts'
import { portsOf } from '../../server/flow/catalog/ports.ts'
import { sayPort } from '../draft/port-words.ts'
import { useEditor } from '../edit/context.ts'
import { Records } from './Records.tsx'
import { SampleRun } from './SampleRun.tsx'
import { TestStep } from './TestStep.tsx'
import { TryStep } from './TryStep.tsx'
import { useOutput } from './use-sample.ts'

/** What the step gives with the sample now, and what left it in an earlier run. */
export function StepOutput({ node }: { node: FlowNode }) {
  const { operations } = useEditor()
  const info = operations.get(node.operation)
  const ports = info ? portsOf(node, info) : ['out']
  const [port, setPort] = useState(ports[0] ?? 'out')
  const shown = ports.includes(port) ? port : (ports[0] ?? 'out')
  const sample = useOutput(node.id, info?.kind === 'write' && shown === 'call' ? 'call' : `out:${shown}`)
  return (
    <>
      <TryStep node={node} info={info} />
      <TestStep node={node} info={info} />
      <SampleRun sample={sample} />
      {ports.length > 1 && sample.run !== undefined ? (
        <SegmentedControl
          size="xs"
          mb="sm"
          aria-label="Which way out"
          value={shown}
          onChange={setPort}
          data={ports.map((one) => ({ value: one, label: sayPort(info, one) }))}
        />
      ) : null}
      <Records sample={sample} label={`What left by “${sayPort(info, shown)}”`} />
    </>
  )
}
