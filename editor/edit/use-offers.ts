import { useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { offer } from '../palette/store.ts'
import { COMMANDS } from './commands.ts'
import type { Editor } from './context.ts'

/** What the palette lists first while a flow is edited: what can be done, its steps, its pages. */
export function useOffers(editor: Editor): void {
  const navigate = useNavigate()
  useEffect(() => {
    const { session, workspace, flowId } = editor
    return offer(() => {
      const { flow, readOnly } = session.get()
      const mayChange = editor.mayEdit && !readOnly
      return [
        ...COMMANDS.filter((command) => command.name !== 'palette' && (!command.edits || mayChange)).map((command) => ({
          id: `command ${command.name}`,
          title: command.title,
          note: command.keys ?? command.group,
          go: () => editor.command(command.name),
        })),
        ...flow.nodes.map((node) => ({
          id: `step ${node.id}`,
          title: node.name,
          note: 'Step',
          go: () => editor.open(node.id),
        })),
        {
          id: 'runs of this flow',
          title: 'Runs of this flow',
          note: 'Page',
          go: () => void navigate({ to: '/w/$workspace/runs', params: { workspace }, search: { flow: flowId } }),
        },
        {
          id: 'page of this flow',
          title: 'The page of this flow',
          note: 'Page',
          go: () => void navigate({ to: '/w/$workspace/flows/$flow', params: { workspace, flow: flowId } }),
        },
      ]
    })
  }, [editor, navigate])
}
