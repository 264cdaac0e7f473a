import { ActionIcon, Menu, Tabs, TextInput } from '@mantine/core'
import { IconDots, IconX } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'
import { STEP_TABS, type StepTab } from '../search.ts'
import { useDraft, useEditor } from '../edit/context.ts'
import { DisabledMenu } from './DisabledMenu.tsx'
import { StepInput } from './StepInput.tsx'
import { StepOutput } from './StepOutput.tsx'
import { StepSettings } from './StepSettings.tsx'
import classes from './StepPanel.module.css'

/** One step: what comes in, what it is told to do, what goes out. Beside the canvas, never over it. */
export function StepPanel(props: {
  node: string
  field: string | undefined
  tab: StepTab
  onTab: (tab: StepTab) => void
  onClose: () => void
}) {
  const editor = useEditor()
  const node = useDraft(editor.session, ({ flow }) => flow.nodes.find((one) => one.id === props.node))
  const frame = useRef<HTMLElement>(null)
  // A click on the sample writes into the field that had the focus last.
  const insert = useRef<(text: string) => void>(undefined)
  if (node === undefined) return null
  const info = editor.operations.get(node.operation)
  return (
    <section ref={frame} className={classes.panel} aria-label={`Step ${node.name}`}>
      <header className={classes.head}>
        <div className={classes.names}>
          <StepName key={node.id} id={node.id} name={node.name} />
          <p className="muted">
            {info ? info.summary : `This installation has no operation “${node.operation}”. Replace it, or delete it.`}
          </p>
        </div>
        <div className={classes.tools}>
          <StepMenu id={node.id} />
          <ActionIcon variant="subtle" color="gray" aria-label="Close the step" onClick={props.onClose}>
            <IconX size={18} aria-hidden />
          </ActionIcon>
        </div>
      </header>
      <Tabs
        value={props.tab}
        onChange={(next) => props.onTab(STEP_TABS.find((tab) => tab === next) ?? 'settings')}
        keepMounted={false}
        className={classes.tabs}
      >
        <Tabs.List>
          <Tabs.Tab value="input">Input</Tabs.Tab>
          <Tabs.Tab value="settings">Settings</Tabs.Tab>
          <Tabs.Tab value="output">Output</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="input" className={classes.body}>
          <StepInput node={node} onPick={(path) => insert.current?.(path)} />
        </Tabs.Panel>
        <Tabs.Panel value="settings" className={classes.body}>
          <StepSettings node={node} info={info} field={props.field} insert={insert} />
        </Tabs.Panel>
        <Tabs.Panel value="output" className={classes.body}>
          <StepOutput node={node} />
        </Tabs.Panel>
      </Tabs>
    </section>
  )
}

function StepName({ id, name }: { id: string; name: string }) {
  const editor = useEditor()
  const readOnly = useDraft(editor.session, (snapshot) => snapshot.readOnly)
  const [typed, setTyped] = useState(name)
  useEffect(() => setTyped(name), [name])
  const tooLong = typed.length > 200 ? `At most 200 characters; this has ${typed.length}.` : undefined
  return (
    <TextInput
      aria-label="Name of the step"
      className={classes.name}
      variant="unstyled"
      value={typed}
      error={typed.trim() === '' ? 'A step needs a name.' : tooLong}
      readOnly={readOnly || !editor.mayEdit}
      data-rename={id}
      onChange={(event) => {
        const next = event.currentTarget.value
        setTyped(next)
        if (next.trim() !== '' && next.length <= 200) editor.session.do({ do: 'rename', node: id, name: next })
      }}
      onBlur={() => setTyped(name)}
    />
  )
}

function StepMenu({ id }: { id: string }) {
  const editor = useEditor()
  const readOnly = useDraft(editor.session, (snapshot) => snapshot.readOnly)
  const node = useDraft(editor.session, ({ flow }) => flow.nodes.find((one) => one.id === id))
  if (readOnly || !editor.mayEdit || node === undefined) return null
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label="More to do with this step">
          <IconDots size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => editor.command('connect')}>Connect to…</Menu.Item>
        <Menu.Item onClick={() => editor.command('replace')}>Replace by…</Menu.Item>
        <Menu.Item onClick={() => editor.command('duplicate')}>Duplicate</Menu.Item>
        <DisabledMenu node={node} />
        <Menu.Item color="danger" onClick={() => editor.command('delete')}>
          Delete
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
