import { Menu } from '@mantine/core'
import { IconDots, IconPlus, IconTrash } from '@tabler/icons-react'
import type { CSSProperties } from 'react'
import type { FlowEdge, FlowNode } from '../../server/flow/document/flow.ts'
import { portsOf } from '../../server/flow/catalog/ports.ts'
import { NOTHING } from '../draft/action.ts'
import { mainPort } from '../draft/connect.ts'
import { groupOf } from '../draft/groups.ts'
import { sayInput, sayPort } from '../draft/port-words.ts'
import { Problems } from '../flow/Problems.tsx'
import { hueOf, outlineOf } from '../outline.ts'
import { sayEffect } from '../step/effect-words.ts'
import { DisabledMenu } from '../step/DisabledMenu.tsx'
import { useDraft, useEditor, useProblems } from './context.ts'
import classes from './OutlineEditor.module.css'
import { OutlineGroups } from './OutlineGroups.tsx'

/**
 * The flow as a list from start to end, in which everything can be done that the canvas can: for the keyboard, for
 * those who listen, for a phone, and for paper.
 */
export function OutlineEditor() {
  const editor = useEditor()
  const flow = useDraft(editor.session, (snapshot) => snapshot.flow)
  const selection = useDraft(editor.session, (snapshot) => snapshot.selection)
  const readOnly = useDraft(editor.session, (snapshot) => snapshot.readOnly) || !editor.mayEdit
  const steps = outlineOf(flow, editor.operations)
  return (
    <div className={classes.outline}>
      <ol aria-label="Steps">
        {steps.map(({ node }, place) => (
          <Step
            key={node.id}
            node={node}
            place={place}
            of={steps.length}
            selected={selection.nodes.has(node.id)}
            readOnly={readOnly}
          />
        ))}
      </ol>
      {readOnly ? null : (
        <button type="button" className={classes.add} onClick={() => editor.ask({})}>
          <IconPlus size={16} aria-hidden /> Add a step that stands alone
        </button>
      )}
      <OutlineGroups readOnly={readOnly} />
      <Notes readOnly={readOnly} />
    </div>
  )
}

function Step(props: { node: FlowNode; place: number; of: number; selected: boolean; readOnly: boolean }) {
  const { node, selected, readOnly } = props
  const editor = useEditor()
  const info = editor.operations.get(node.operation)
  const flow = useDraft(editor.session, (snapshot) => snapshot.flow)
  const { edges, slots } = flow
  const own = useProblems().filter((problem) => problem.node === node.id)
  const ports = info
    ? portsOf(node, info)
    : [...new Set(edges.filter((edge) => edge.from === node.id).map((edge) => edge.port))]
  const main = info ? mainPort(info, node.settings) : undefined
  const shown = ports.filter(
    (port) => port === main || edges.some((edge) => edge.from === node.id && edge.port === port),
  )
  const others = ports.filter((port) => !shown.includes(port))
  const select = () => editor.session.select({ ...NOTHING, nodes: new Set([node.id]) })
  return (
    <li
      className={classes.step}
      style={{ '--hue': hueOf(info) } as CSSProperties} // React's type knows no custom properties
      data-disabled={node.disabled}
      data-selected={selected || undefined}
    >
      <div className={classes.head}>
        <button
          type="button"
          className={classes.name}
          data-outline={node.id}
          aria-current={selected ? 'true' : undefined}
          onFocus={select}
          onClick={() => editor.open(node.id)}
        >
          <bdi>{node.name}</bdi>
          <span className={classes.what}>
            {info?.title ?? `Unknown operation ${node.operation}`}
            {node.slot ? ` · ${slots[node.slot]?.title ?? node.slot}` : ''}
            {node.disabled
              ? node.disabled === 'pass'
                ? ' · disabled, lets records through'
                : ' · disabled, ends here'
              : ''}
          </span>
        </button>
        {readOnly ? null : (
          <Menu position="bottom-end" width={260}>
            <Menu.Target>
              <button
                type="button"
                className={classes.tool}
                aria-label={`What to do with ${node.name}`}
                onClick={select}
              >
                <IconDots size={18} aria-hidden />
              </button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={() => editor.command('rename')}>Rename</Menu.Item>
              {main ? (
                <Menu.Item onClick={() => editor.connectFrom({ node: node.id, port: main })}>Connect to…</Menu.Item>
              ) : null}
              {others.map((port) => (
                <Menu.Item key={port} onClick={() => editor.ask({ after: { node: node.id, port } })}>
                  Add a step for “{sayPort(info, port)}”…
                </Menu.Item>
              ))}
              <Menu.Item onClick={() => editor.command('replace')}>Replace by…</Menu.Item>
              <Menu.Item onClick={() => editor.command('duplicate')}>Duplicate</Menu.Item>
              {groupOf(flow, node.id) ? null : (
                <Menu.Item onClick={() => editor.act({ do: 'group', nodes: [node.id] })}>
                  Begin a group with it
                </Menu.Item>
              )}
              <DisabledMenu node={node} />
              <Menu.Item color="danger" onClick={() => editor.command('delete')}>
                Delete
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        )}
      </div>
      {info?.kind === 'write' ? <p className={classes.effect}>{sayEffect(info, node.settings)?.title}</p> : null}
      {node.note ? <p className={classes.remark}>{node.note}</p> : null}
      {own.length > 0 ? <Problems problems={own} /> : null}
      <ul className={classes.ways} aria-label={`Where ${node.name} leads`}>
        {shown.map((port) => (
          <Way
            key={port}
            node={node}
            port={port}
            edges={edges.filter((edge) => edge.from === node.id && edge.port === port)}
            readOnly={readOnly}
          />
        ))}
      </ul>
    </li>
  )
}

function Way(props: { node: FlowNode; port: string; edges: readonly FlowEdge[]; readOnly: boolean }) {
  const { node, port, edges, readOnly } = props
  const editor = useEditor()
  const nodes = useDraft(editor.session, ({ flow }) => flow.nodes)
  const word = sayPort(editor.operations.get(node.operation), port)
  return (
    <li className={classes.way}>
      <span className={classes.port}>{word === 'out' ? 'then' : word}</span>
      {edges.map((edge) => {
        const target = nodes.find((one) => one.id === edge.to)
        const info = target && editor.operations.get(target.operation)
        const input = (info?.inputs.length ?? 1) > 1 ? ` (${sayInput(info, edge.input)})` : ''
        const name = `${target?.name ?? edge.to}${input}`
        return (
          <span key={edge.id} className={classes.target}>
            <button type="button" className={classes.jump} onClick={() => editor.reveal(edge.to)}>
              {name}
            </button>
            {readOnly ? null : (
              <>
                <button
                  type="button"
                  className={classes.tool}
                  aria-label={`Put a step between ${node.name} and ${name}`}
                  onClick={() => editor.ask({ edge: edge.id })}
                >
                  <IconPlus size={16} aria-hidden />
                </button>
                <button
                  type="button"
                  className={classes.tool}
                  aria-label={`Remove the line from ${node.name} to ${name}`}
                  onClick={() => editor.act({ do: 'disconnect', edges: [edge.id] })}
                >
                  <IconTrash size={16} aria-hidden />
                </button>
              </>
            )}
          </span>
        )
      })}
      {readOnly ? null : (
        <button
          type="button"
          className={classes.next}
          aria-label={`Add a step after ${node.name}, by “${word}”`}
          onClick={() => editor.ask({ after: { node: node.id, port } })}
        >
          <IconPlus size={16} aria-hidden /> Add
        </button>
      )}
    </li>
  )
}

function Notes({ readOnly }: { readOnly: boolean }) {
  const editor = useEditor()
  const notes = useDraft(editor.session, ({ flow }) => flow.layout?.notes)
  if (notes === undefined || notes.length === 0) return null
  return (
    <section aria-label="Notes" className={classes.notes}>
      <h2>Notes</h2>
      {notes.map((note, place) => (
        <div key={note.id}>
          <textarea
            aria-label={`Note ${place + 1}`}
            rows={2}
            readOnly={readOnly}
            value={note.text}
            onChange={(event) => editor.act({ do: 'change-note', note: note.id, text: event.currentTarget.value })}
          />
          {readOnly ? null : (
            <button
              type="button"
              className={classes.tool}
              aria-label={`Delete note ${place + 1}`}
              onClick={() => editor.act({ do: 'remove', nodes: [], notes: [note.id] })}
            >
              <IconTrash size={16} aria-hidden />
            </button>
          )}
        </div>
      ))}
    </section>
  )
}
