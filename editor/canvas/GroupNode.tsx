import { Handle, type NodeProps, Position } from '@xyflow/react'
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react'
import { memo, useEffect, useRef, useState } from 'react'
import type { NoteColour } from '../draft/action.ts'
import { selectNodes } from '../draft/action.ts'
import type { GroupElement } from './elements.ts'
import { fold } from './folded.ts'
import colours from './Colours.module.css'
import classes from './GroupNode.module.css'
import { useEditorIfAny } from './use-editor-if-any.ts'

const COLOURS: readonly NoteColour[] = ['grey', 'yellow', 'blue', 'green']

/**
 * The frame of a group: its name moves all of it, a double click or F2 writes the name, the arrow folds it. What is
 * inside of the frame lets the pointer through to the canvas.
 */
export const GroupNode = memo(function GroupNode({ data, selected }: NodeProps<GroupElement>) {
  const { group, folded, editable } = data
  const editor = useEditorIfAny()
  const [writing, setWriting] = useState(false)
  const colour = group.colour ?? 'grey'
  const count = group.nodes.length === 1 ? '1 step' : `${group.nodes.length} steps`
  const choose = () => editor?.session.select(selectNodes(...group.nodes))
  return (
    <div
      className={classes.group}
      data-colour={colour}
      data-folded={folded || undefined}
      data-selected={selected || undefined}
    >
      {folded ? (
        <>
          <Handle type="target" id="in" position={Position.Left} isConnectable={false} />
          <Handle type="source" id="out" position={Position.Right} isConnectable={false} />
        </>
      ) : null}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the keyboard has F2 and Enter on the group, and the outline */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: as above */}
      <div
        className={classes.head}
        data-group-head={group.id}
        onClick={choose}
        onDoubleClick={() => setWriting(editable)}
      >
        {editor ? (
          <button
            type="button"
            className={`${classes.fold} nodrag`}
            aria-label={`${folded ? 'Unfold' : 'Fold'} the group ${group.title}`}
            aria-expanded={!folded}
            onClick={(event) => {
              event.stopPropagation()
              fold(editor.flowId, group.id, !folded)
            }}
          >
            {folded ? <IconChevronRight size={16} aria-hidden /> : <IconChevronDown size={16} aria-hidden />}
          </button>
        ) : null}
        {writing && editable ? (
          <Title
            title={group.title}
            onDone={(title) => {
              setWriting(false)
              if (title !== undefined && title !== group.title)
                editor?.act({ do: 'change-group', group: group.id, title })
            }}
          />
        ) : (
          <>
            <bdi className={classes.title}>{group.title}</bdi>
            {editable ? (
              <button
                type="button"
                className="unseen nodrag"
                tabIndex={-1}
                data-rename-group={group.id}
                onClick={() => setWriting(true)}
              >
                Rename the group {group.title}
              </button>
            ) : null}
          </>
        )}
        {folded ? <span className={classes.count}>{count}</span> : null}
      </div>
      {selected && editable && !folded ? (
        <div className={`${colours.colours} nodrag`} role="toolbar" aria-label={`The group ${group.title}`}>
          {COLOURS.map((one) => (
            <button
              key={one}
              type="button"
              data-colour={one}
              aria-label={`Make it ${one}`}
              aria-pressed={colour === one}
              onClick={() => editor?.act({ do: 'change-group', group: group.id, colour: one })}
            />
          ))}
          <button type="button" className={colours.word} onClick={() => setWriting(true)}>
            Rename
          </button>
          <button
            type="button"
            className={colours.word}
            onClick={() => editor?.act({ do: 'ungroup', group: group.id })}
          >
            Ungroup
          </button>
        </div>
      ) : null}
    </div>
  )
})

function Title({ title, onDone }: { title: string; onDone: (title: string | undefined) => void }) {
  const field = useRef<HTMLInputElement>(null)
  const dropped = useRef(false)
  useEffect(() => {
    field.current?.focus()
    field.current?.select()
  }, [])
  return (
    <input
      ref={field}
      className={`${classes.write} nodrag`}
      aria-label="Name of the group"
      defaultValue={title}
      onBlur={(event) => onDone(dropped.current ? undefined : event.currentTarget.value)}
      onKeyDown={(event) => {
        event.stopPropagation()
        if (event.key === 'Escape') dropped.current = true
        if (event.key === 'Escape' || event.key === 'Enter') event.currentTarget.blur()
      }}
    />
  )
}
