import { Menu } from '@mantine/core'
import type { FlowNode } from '../../server/flow/document/flow.ts'
import { useEditor } from '../edit/context.ts'

/** Leaves a step out for a while. What happens to the records then is a choice, and stays in sight. */
export function DisabledMenu({ node }: { node: FlowNode }) {
  const editor = useEditor()
  const kind = editor.operations.get(node.operation)?.kind
  if (kind === 'trigger') return null
  const set = (how: FlowNode['disabled']) => editor.act({ do: 'disable', nodes: [node.id], how })
  if (node.disabled) return <Menu.Item onClick={() => set(undefined)}>Enable</Menu.Item>
  return (
    <>
      {kind === 'read' ? null : <Menu.Item onClick={() => set('pass')}>Disable: let records through</Menu.Item>}
      <Menu.Item onClick={() => set('stop')}>
        {kind === 'read' ? 'Disable: read nothing' : 'Disable: end here'}
      </Menu.Item>
    </>
  )
}
