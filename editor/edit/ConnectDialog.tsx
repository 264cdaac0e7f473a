import { Button, Group, Modal, Select, Stack } from '@mantine/core'
import { useState } from 'react'
import { portsOf } from '../../server/flow/catalog/ports.ts'
import { targetsFor } from '../draft/connect.ts'
import { sayInput, sayPort } from '../draft/port-words.ts'
import { useFocusBack } from '../parts/use-focus-back.ts'
import { useDraft, useEditor } from './context.ts'
import classes from './Editor.module.css'

/** Joins two steps by choosing from lists: what dragging a line does, for whoever does not drag. */
export function ConnectDialog({
  node,
  port,
  onClose,
}: {
  node: string
  port: string | undefined
  onClose: () => void
}) {
  useFocusBack(true)
  const editor = useEditor()
  const flow = useDraft(editor.session, (snapshot) => snapshot.flow)
  const source = flow.nodes.find((one) => one.id === node)
  const info = source && editor.operations.get(source.operation)
  const ports = source && info ? portsOf(source, info) : []
  const [by, setBy] = useState(port ?? ports[0] ?? 'out')
  const [to, setTo] = useState<string | null>(null)
  if (source === undefined) return null
  const targets = targetsFor(flow, editor.operations, { node, port: by })
  const open = targets.filter((target) => target.why === undefined)
  const refused = targets.filter((target) => target.why !== undefined)
  const key = (target: (typeof targets)[number]) => `${target.node.id} ${target.input}`
  const chosen = open.find((target) => key(target) === to)
  const inputOf = (target: (typeof targets)[number]): string => {
    const own = editor.operations.get(target.node.operation)
    return (own?.inputs.length ?? 1) > 1 ? ` (${sayInput(own, target.input)})` : ''
  }
  return (
    <Modal opened onClose={onClose} title={`Connect “${source.name}” to…`} closeButtonProps={{ 'aria-label': 'Close' }}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (!chosen) return
          const done = editor.act({
            do: 'connect',
            from: { node, port: by },
            to: { node: chosen.node.id, input: chosen.input },
          })
          if (done.ok) onClose()
        }}
      >
        <Stack gap="md">
          {ports.length > 1 ? (
            <Select
              label="Which records"
              data={ports.map((one) => ({ value: one, label: sayPort(info, one) }))}
              value={by}
              onChange={(next) => {
                setBy(next ?? by)
                setTo(null)
              }}
            />
          ) : null}
          <Select
            label="Lead them to"
            placeholder={open.length === 0 ? 'No step can take them' : 'Choose a step'}
            searchable
            data-autofocus
            data={open.map((target) => ({ value: key(target), label: `${target.node.name}${inputOf(target)}` }))}
            value={to}
            onChange={setTo}
          />
          {refused.length > 0 ? (
            <details className={classes.refused}>
              <summary>Why other steps are not in the list</summary>
              <ul>
                {refused.map((target) => (
                  <li key={key(target)}>
                    {target.node.name}
                    {inputOf(target)}: {target.why}
                  </li>
                ))}
              </ul>
            </details>
          ) : null}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" disabled={chosen === undefined}>
              Connect
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
