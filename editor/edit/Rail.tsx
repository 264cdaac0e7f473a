import { Tooltip } from '@mantine/core'
import {
  IconAlertTriangle,
  IconHistory,
  IconLayoutList,
  IconNote,
  IconPlus,
  IconSchema,
  IconSearch,
  IconVariable,
  IconX,
} from '@tabler/icons-react'
import { useMemo } from 'react'
import type { EditPanel } from '../search.ts'
import { useDraft, useEditor, useProblems } from './context.ts'
import classes from './Editor.module.css'
import { FindPanel } from './FindPanel.tsx'
import { HistoryPanel } from './HistoryPanel.tsx'
import { OperationPicker } from './OperationPicker.tsx'
import { ProblemsPanel } from './ProblemsPanel.tsx'
import { QuestionsPanel } from './QuestionsPanel.tsx'
import { rememberOperation } from './recent.ts'

const TITLES: { readonly [panel in EditPanel]: string } = {
  add: 'Add a step',
  find: 'Find',
  problems: 'Problems',
  history: 'History',
  notes: 'Notes',
  questions: 'Questions of this flow',
}

/** What stands beside the canvas at the left: one panel at a time, or none. */
export function Rail(props: {
  view: 'canvas' | 'outline'
  panel: EditPanel | undefined
  onPanel: (panel: EditPanel | undefined) => void
}) {
  const editor = useEditor()
  const readOnly = useDraft(editor.session, (snapshot) => snapshot.readOnly) || !editor.mayEdit
  const problems = useProblems()
  const errors = problems.filter((problem) => problem.severity === 'error').length
  const toggle = (panel: EditPanel) => props.onPanel(props.panel === panel ? undefined : panel)
  return (
    <>
      <div className={classes.rail} role="toolbar" aria-label="Tools" aria-orientation="vertical">
        {readOnly ? null : (
          <Tool label="Add a step" on={props.panel === 'add'} onClick={() => toggle('add')}>
            <IconPlus size={20} aria-hidden />
          </Tool>
        )}
        <Tool
          label={props.view === 'outline' ? 'Show the canvas' : 'Show the outline'}
          onClick={() => editor.command('outline')}
        >
          {props.view === 'outline' ? <IconSchema size={20} aria-hidden /> : <IconLayoutList size={20} aria-hidden />}
        </Tool>
        <Tool label="Find in this flow" on={props.panel === 'find'} onClick={() => toggle('find')}>
          <IconSearch size={20} aria-hidden />
        </Tool>
        <Tool label={`Problems: ${problems.length}`} on={props.panel === 'problems'} onClick={() => toggle('problems')}>
          <IconAlertTriangle size={20} aria-hidden />
          {problems.length > 0 ? (
            <span className={classes.badge} data-severity={errors > 0 ? 'error' : 'warning'} aria-hidden>
              {problems.length}
            </span>
          ) : null}
        </Tool>
        <Tool label="History" on={props.panel === 'history'} onClick={() => toggle('history')}>
          <IconHistory size={20} aria-hidden />
        </Tool>
        <Tool label="Questions of this flow" on={props.panel === 'questions'} onClick={() => toggle('questions')}>
          <IconVariable size={20} aria-hidden />
        </Tool>
        {readOnly || props.view === 'outline' ? null : (
          <Tool label="Add a note" onClick={() => editor.command('note')}>
            <IconNote size={20} aria-hidden />
          </Tool>
        )}
      </div>
      {props.panel === undefined ? null : (
        <section className={classes.side} aria-label={TITLES[props.panel]}>
          <header className={classes.sideHead}>
            <h2>{TITLES[props.panel]}</h2>
            <button type="button" aria-label="Close" onClick={() => props.onPanel(undefined)}>
              <IconX size={18} aria-hidden />
            </button>
          </header>
          {props.panel === 'add' && !readOnly ? <AddPanel /> : null}
          {props.panel === 'find' ? <FindPanel /> : null}
          {props.panel === 'problems' ? <ProblemsPanel /> : null}
          {props.panel === 'history' ? <HistoryPanel /> : null}
          {props.panel === 'questions' ? <QuestionsPanel /> : null}
        </section>
      )}
    </>
  )
}

function AddPanel() {
  const editor = useEditor()
  const operations = useMemo(() => [...editor.operations.values()], [editor.operations])
  return (
    <OperationPicker
      operations={operations}
      label="Add a step"
      draggable
      autoFocus
      onChoose={(info) => {
        const done = editor.act({ do: 'add', operation: info.id })
        if (!done.ok) return
        rememberOperation(info.id)
        const [made] = done.select?.nodes ?? []
        if (made) editor.reveal(made)
      }}
    />
  )
}

function Tool(props: { label: string; on?: boolean; onClick: () => void; children: React.ReactNode }) {
  return (
    <Tooltip label={props.label} position="right" withArrow openDelay={400}>
      <button
        type="button"
        className={classes.tool}
        aria-label={props.label}
        aria-pressed={props.on}
        onClick={props.onClick}
      >
        {props.children}
      </button>
    </Tooltip>
  )
}
