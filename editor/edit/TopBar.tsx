import { ActionIcon, Button, Menu, TextInput, Tooltip } from '@mantine/core'
import { IconArrowBackUp, IconArrowForwardUp, IconChevronDown } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { saveFlow } from '../flow/export.ts'
import { useRights } from '../shell/use-rights.ts'
import { useDraft, useEditor } from './context.ts'
import { useFlowHere } from './Editor.tsx'
import classes from './Editor.module.css'
import { LiveWords } from './LiveWords.tsx'
import { SaveWords } from './SaveWords.tsx'

/** Where one is, how safe the work is, the way back, and the way to publish. */
export function TopBar(props: { onCombine: () => void; onPublish: () => void }) {
  const editor = useEditor()
  const { may } = useRights(editor.workspace)
  const { workspace, flowId, session } = editor
  const flow = useFlowHere(workspace, flowId)
  const readOnly = useDraft(session, (snapshot) => snapshot.readOnly) || !editor.mayEdit
  const past = useDraft(session, ({ history }) => history.past.at(-1)?.label)
  const future = useDraft(session, ({ history }) => history.future[0]?.label)
  return (
    <header className={classes.top}>
      <div className={classes.where}>
        <Link to="/w/$workspace/flows/$flow" params={{ workspace, flow: flowId }} className={classes.up}>
          Flow
        </Link>
        <span className={classes.between} aria-hidden>
          /
        </span>
        <FlowName readOnly={readOnly} />
        <SaveWords onCombine={props.onCombine} />
        <LiveWords flow={flow.data} />
      </div>
      <div className={classes.actions}>
        {editor.mayEdit ? (
          <>
            <Step
              label={past ? `Undo: ${past}` : 'Nothing to undo'}
              off={readOnly || past === undefined}
              onClick={() => editor.command('undo')}
            >
              <IconArrowBackUp size={18} aria-hidden />
            </Step>
            <Step
              label={future ? `Do again: ${future}` : 'Nothing to do again'}
              off={readOnly || future === undefined}
              onClick={() => editor.command('redo')}
            >
              <IconArrowForwardUp size={18} aria-hidden />
            </Step>
          </>
        ) : null}
        <More />
        {may('flows.run') ? (
          <Button variant="default" className={classes.wide} onClick={() => editor.command('test')}>
            Test…
          </Button>
        ) : null}
        <Button variant="default" className={classes.wide} onClick={() => editor.command('compare')}>
          Compare
        </Button>
        {/* Stays where it is, with the focus on it, while others edit: who may edit changes by itself. */}
        {editor.mayEdit ? (
          <Button
            data-disabled={readOnly || undefined}
            aria-disabled={readOnly}
            onClick={readOnly ? undefined : props.onPublish}
          >
            Publish…
          </Button>
        ) : null}
      </div>
    </header>
  )
}

function FlowName({ readOnly }: { readOnly: boolean }) {
  const editor = useEditor()
  const name = useDraft(editor.session, ({ flow }) => flow.name)
  const [typed, setTyped] = useState(name)
  useEffect(() => setTyped(name), [name])
  useEffect(() => {
    document.title = `${name} · Edit · Tieline`
  }, [name])
  return (
    <>
      <h1 className="unseen">Edit {name}</h1>
      <TextInput
        aria-label="Name of the flow"
        className={classes.flowName}
        variant="unstyled"
        error={typed.length > 200 ? `At most 200 characters; this has ${typed.length}.` : undefined}
        readOnly={readOnly}
        value={typed}
        onChange={(event) => {
          const next = event.currentTarget.value
          setTyped(next)
          if (next.trim() !== '') editor.session.do({ do: 'describe', change: { name: next } })
        }}
        onBlur={() => setTyped(name)}
      />
    </>
  )
}

function More() {
  const editor = useEditor()
  const { may } = useRights(editor.workspace)
  const items = [
    ['palette', 'Go to anything…'],
    ['test', 'Test without sending…'],
    ['compare', 'Compare with live'],
    ['tidy', 'Tidy up'],
    ['align-left', 'Align left'],
    ['align-top', 'Align top'],
    ['spread-across', 'Spread evenly across'],
    ['spread-down', 'Spread evenly down'],
    ['group', 'Group the selected steps'],
    ['ungroup', 'Ungroup'],
    ['minimap', 'Small picture'],
    ['shortcuts', 'All keys'],
  ] as const
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <Button variant="default" rightSection={<IconChevronDown size={16} aria-hidden />}>
          More
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {items.map(([name, title]) =>
          name === 'test' && !may('flows.run') ? null : (
            <Menu.Item key={name} onClick={() => editor.command(name)}>
              {title}
            </Menu.Item>
          ),
        )}
        <Menu.Item onClick={() => saveFlow(editor.session.get().flow, undefined)}>Export as a file</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

function Step(props: { label: string; off: boolean; onClick: () => void; children: React.ReactNode }) {
  return (
    <Tooltip label={props.label} withArrow>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={props.label}
        data-disabled={props.off || undefined}
        aria-disabled={props.off}
        onClick={() => (props.off ? undefined : props.onClick())}
      >
        {props.children}
      </ActionIcon>
    </Tooltip>
  )
}
