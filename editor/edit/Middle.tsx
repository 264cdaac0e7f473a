import {
  IconArrowDown,
  IconArrowLeft,
  IconArrowRight,
  IconArrowUp,
  IconFocusCentered,
  IconMinus,
  IconPlus,
  IconWand,
} from '@tabler/icons-react'
import { EditCanvas } from '../canvas/EditCanvas.tsx'
import { useDraft, useEditor } from './context.ts'
import classes from './Editor.module.css'
import { OutlineEditor } from './OutlineEditor.tsx'

/** The flow itself, drawn or as an outline: two views of one draft, with the same commands. */
export function Middle(props: { view: 'canvas' | 'outline'; minimap: boolean; tidying: boolean }) {
  const editor = useEditor()
  const empty = useDraft(editor.session, ({ flow }) => flow.nodes.length === 0)
  const readOnly = useDraft(editor.session, (snapshot) => snapshot.readOnly) || !editor.mayEdit
  if (props.view === 'outline') {
    return (
      <div className={classes.middle} data-scrolls="">
        {empty && !readOnly ? <Begin /> : <OutlineEditor />}
      </div>
    )
  }
  return (
    <div className={classes.middle} data-tidying={props.tidying || undefined}>
      <EditCanvas minimap={props.minimap} />
      {empty && !readOnly ? <Begin /> : null}
      <div className={classes.zoom} role="toolbar" aria-label="Zoom and order">
        <button type="button" aria-label="Zoom in" onClick={() => editor.command('zoom-in')}>
          <IconPlus size={16} aria-hidden />
        </button>
        <button type="button" aria-label="Zoom out" onClick={() => editor.command('zoom-out')}>
          <IconMinus size={16} aria-hidden />
        </button>
        <button type="button" aria-label="Show the whole flow" onClick={() => editor.command('fit')}>
          <IconFocusCentered size={16} aria-hidden />
        </button>
        {readOnly ? null : (
          <button type="button" aria-label="Tidy up" onClick={() => editor.command('tidy')}>
            <IconWand size={16} aria-hidden />
          </button>
        )}
      </div>
      {readOnly ? null : <Moves />}
    </div>
  )
}

const MOVES = [
  ['move-left', 'Move to the left', IconArrowLeft],
  ['move-up', 'Move up', IconArrowUp],
  ['move-down', 'Move down', IconArrowDown],
  ['move-right', 'Move to the right', IconArrowRight],
] as const

/** Moves what is selected by clicks, for whoever does not drag. */
function Moves() {
  const editor = useEditor()
  const chosen = useDraft(editor.session, ({ selection }) => selection.nodes.size + selection.notes.size > 0)
  if (!chosen) return null
  return (
    <div className={`${classes.zoom} ${classes.moves}`} role="toolbar" aria-label="Move what is selected">
      {MOVES.map(([name, label, Icon]) => (
        <button key={name} type="button" aria-label={label} onClick={() => editor.command(name)}>
          <Icon size={16} aria-hidden />
        </button>
      ))}
    </div>
  )
}

/** An empty flow asks the first question. */
function Begin() {
  const editor = useEditor()
  const triggers = [...editor.operations.values()].filter((info) => info.kind === 'trigger')
  return (
    <section className={classes.begin} aria-label="When should this start?">
      <h2>When should this start?</h2>
      <p className="muted">Choose one. Then add what it reads, what it changes, and where it sends.</p>
      <ul>
        {triggers.map((info) => (
          <li key={info.id}>
            <button
              type="button"
              onClick={() => {
                const done = editor.act({ do: 'add', operation: info.id, at: { x: 0, y: 0 } })
                const [made] = done.ok ? (done.select?.nodes ?? []) : []
                if (made) editor.reveal(made)
              }}
            >
              <strong>{info.title}</strong>
              <span className="muted">{info.summary}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
