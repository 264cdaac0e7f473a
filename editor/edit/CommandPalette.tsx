import { Modal, TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type KeyboardEvent, useMemo, useState } from 'react'
import { sayWhen } from '../format/time.ts'
import { flowsQuery } from '../queries.ts'
import { useSampleRuns } from '../step/use-sample.ts'
import { RUN_WORDS } from '../words.ts'
import { COMMANDS } from './commands.ts'
import { useDraft, useEditor } from './context.ts'
import classes from './Editor.module.css'

type Entry = { readonly id: string; readonly title: string; readonly note: string; readonly go: () => void }

/** One field for everything: steps of this flow, other flows, runs, and whatever can be done. */
export function CommandPalette({ onClose }: { onClose: () => void }) {
  const editor = useEditor()
  const navigate = useNavigate()
  const flow = useDraft(editor.session, (snapshot) => snapshot.flow)
  const readOnly = useDraft(editor.session, (snapshot) => snapshot.readOnly) || !editor.mayEdit
  const flows = useQuery(flowsQuery(editor.workspace))
  const past = useSampleRuns().items
  const [typed, setTyped] = useState('')
  const [active, setActive] = useState(0)
  const { workspace, flowId } = editor
  const entries = useMemo((): readonly Entry[] => {
    const steps = flow.nodes.map((node) => ({
      id: `step ${node.id}`,
      title: node.name,
      note: 'Step',
      go: () => editor.open(node.id),
    }))
    const commands = COMMANDS.filter((command) => command.name !== 'palette' && (!command.edits || !readOnly)).map(
      (command) => ({
        id: `command ${command.name}`,
        title: command.title,
        note: command.keys ?? command.group,
        go: () => editor.command(command.name),
      }),
    )
    const others = (flows.data?.items ?? [])
      .filter((one) => one.id !== flowId)
      .map((one) => ({
        id: `flow ${one.id}`,
        title: one.name,
        note: 'Flow',
        go: () => void navigate({ to: '/w/$workspace/flows/$flow/edit', params: { workspace, flow: one.id } }),
      }))
    const runs = [
      {
        id: 'runs',
        title: 'Runs of this flow',
        note: 'Page',
        go: () => void navigate({ to: '/w/$workspace/runs', params: { workspace }, search: { flow: flowId } }),
      },
      {
        id: 'flow page',
        title: 'The page of this flow',
        note: 'Page',
        go: () => void navigate({ to: '/w/$workspace/flows/$flow', params: { workspace, flow: flowId } }),
      },
    ]
    const lately = past.map((run) => ({
      id: `run ${run.id}`,
      title: `Run ${sayWhen(new Date(run.createdAt), new Date())}: ${RUN_WORDS[run.state].word.toLowerCase()}`,
      note: `Run of version ${run.version}`,
      go: () => void navigate({ to: '/w/$workspace/runs/$run', params: { workspace, run: run.id } }),
    }))
    return [...commands, ...steps, ...runs, ...lately, ...others]
  }, [flow.nodes, flows.data, past, editor, readOnly, navigate, workspace, flowId])
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean)
  const found = entries
    .filter((entry) => words.every((word) => `${entry.title} ${entry.note}`.toLowerCase().includes(word)))
    .slice(0, 60)
  const current = found[Math.min(active, found.length - 1)]
  const choose = (entry: Entry | undefined) => {
    if (entry === undefined) return
    onClose()
    entry.go()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined) {
      event.preventDefault()
      const next = (Math.min(active, found.length - 1) + step + found.length) % Math.max(1, found.length)
      setActive(next)
      document.getElementById(`go-${next}`)?.scrollIntoView({ block: 'nearest' })
    } else if (event.key === 'Enter') {
      event.preventDefault()
      choose(current)
    }
  }
  return (
    <Modal opened onClose={onClose} title="Go to anything" size="lg" closeButtonProps={{ 'aria-label': 'Close' }}>
      <TextInput
        role="combobox"
        aria-label="Steps, flows, and what can be done"
        aria-expanded
        aria-controls="go-list"
        aria-activedescendant={current ? `go-${found.indexOf(current)}` : undefined}
        leftSection={<IconSearch size={16} aria-hidden />}
        data-autofocus
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value)
          setActive(0)
        }}
        onKeyDown={onKeyDown}
      />
      <div id="go-list" role="listbox" aria-label="Found" className={classes.found}>
        {found.map((entry, place) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: keys go to the search field, as in every list of this kind
          <div
            key={entry.id}
            id={`go-${place}`}
            role="option"
            tabIndex={-1}
            aria-selected={entry === current}
            onPointerMove={() => setActive(place)}
            onClick={() => choose(entry)}
          >
            <span>{entry.title}</span>
            <span className="muted">{entry.note}</span>
          </div>
        ))}
      </div>
      {found.length === 0 ? <p className="muted">Nothing is called “{typed}”.</p> : null}
    </Modal>
  )
}
