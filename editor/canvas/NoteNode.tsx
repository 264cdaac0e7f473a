import { type NodeProps, NodeResizer } from '@xyflow/react'
import { memo, useEffect, useRef, useState } from 'react'
import type { NoteColour } from '../draft/action.ts'
import { useEditorIfAny } from './use-editor-if-any.ts'
import { NoteText } from './NoteText.tsx'
import type { NoteElement } from './elements.ts'
import colours from './Colours.module.css'
import classes from './NoteNode.module.css'

const COLOURS: readonly NoteColour[] = ['yellow', 'blue', 'green', 'grey']

const within = (size: number, least: number): number => Math.min(2000, Math.max(least, size))

/** As by dragging its corner, within the same limits. */
const larger = (note: { readonly width: number; readonly height: number }, by: number) => ({
  width: within(note.width + by, 120),
  height: within(note.height + by, 60),
})

/** A remark that lies on the canvas. A double click, or Enter, writes in it. */
export const NoteNode = memo(function NoteNode({ data, selected }: NodeProps<NoteElement>) {
  const { note, editable } = data
  const editor = useEditorIfAny()
  const [writing, setWriting] = useState(note.text === '' && editable)
  const box = useRef<HTMLTextAreaElement>(null)
  useEffect(() => {
    if (writing) box.current?.focus()
  }, [writing])
  const change = (more: { text?: string; colour?: NoteColour; size?: { width: number; height: number } }) =>
    editor?.act({ do: 'change-note', note: note.id, ...more })
  return (
    <div className={classes.note} data-colour={note.colour ?? 'yellow'} data-selected={selected || undefined}>
      {editable ? (
        <NodeResizer
          isVisible={selected}
          minWidth={120}
          minHeight={60}
          onResizeEnd={(_event, { width, height }) =>
            change({ size: { width: Math.round(width), height: Math.round(height) } })
          }
        />
      ) : null}
      {writing && editable ? (
        <textarea
          ref={box}
          className={`${classes.text} nodrag nowheel`}
          aria-label="Note"
          defaultValue={note.text}
          onBlur={(event) => {
            const text = event.currentTarget.value
            // What is refused stays in the field, to be shortened.
            if (text === note.text || change({ text })?.ok !== false) setWriting(false)
          }}
          onKeyDown={(event) => {
            event.stopPropagation()
            if (event.key === 'Escape') event.currentTarget.blur()
          }}
        />
      ) : (
        // biome-ignore lint/a11y/noStaticElementInteractions: the keyboard has Enter on the note, and the outline
        <div className={classes.text} data-write={note.id} onDoubleClick={() => setWriting(editable)}>
          {note.text === '' ? <span className="muted">Empty note</span> : <NoteText text={note.text} />}
        </div>
      )}
      {selected && editable ? (
        <div className={`${colours.colours} nodrag`}>
          {COLOURS.map((colour) => (
            <button
              key={colour}
              type="button"
              data-colour={colour}
              aria-label={`Make it ${colour}`}
              aria-pressed={(note.colour ?? 'yellow') === colour}
              onClick={() => change({ colour })}
            />
          ))}
          <button type="button" className={colours.word} onClick={() => change({ size: larger(note, 40) })}>
            Larger
          </button>
          <button type="button" className={colours.word} onClick={() => change({ size: larger(note, -40) })}>
            Smaller
          </button>
          <button type="button" className={colours.word} onClick={() => setWriting(true)}>
            Write
          </button>
        </div>
      ) : null}
    </div>
  )
})
