import { NativeSelect, TextInput } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import type { FlowGroup } from '../../server/flow/document/flow.ts'
import { groupsOf } from '../draft/groups.ts'
import { useDraft, useEditor } from './context.ts'
import classes from './OutlineEditor.module.css'

/** Groups as lists: named, filled and taken apart without a pointer that drags. */
export function OutlineGroups({ readOnly }: { readOnly: boolean }) {
  const editor = useEditor()
  const flow = useDraft(editor.session, (snapshot) => snapshot.flow)
  const groups = groupsOf(flow)
  if (groups.length === 0) return null
  const name = (id: string) => flow.nodes.find((node) => node.id === id)?.name ?? id
  const lone = flow.nodes.filter(({ id }) => !groups.some(({ nodes }) => nodes.includes(id)))
  return (
    <section aria-label="Groups" className={classes.groups}>
      <h2>Groups</h2>
      {groups.map((group) => (
        <section key={group.id} aria-label={`Group ${group.title}`} className={classes.group}>
          <Name group={group} readOnly={readOnly} />
          <ul>
            {group.nodes.map((id) => (
              <li key={id}>
                <button type="button" className={classes.jump} onClick={() => editor.reveal(id)}>
                  <bdi>{name(id)}</bdi>
                </button>
                {readOnly ? null : (
                  <button
                    type="button"
                    className={classes.tool}
                    aria-label={`Take ${name(id)} out of ${group.title}`}
                    onClick={() =>
                      editor.act({
                        do: 'change-group',
                        group: group.id,
                        nodes: group.nodes.filter((one) => one !== id),
                      })
                    }
                  >
                    <IconX size={16} aria-hidden />
                  </button>
                )}
              </li>
            ))}
          </ul>
          {readOnly ? null : (
            <div className={classes.fill}>
              {lone.length === 0 ? null : (
                <NativeSelect
                  size="xs"
                  aria-label={`Put a step into ${group.title}`}
                  value=""
                  data={[
                    { value: '', label: 'Put a step into it…' },
                    ...lone.map(({ id, name: label }) => ({ value: id, label })),
                  ]}
                  onChange={(event) => {
                    const id = event.currentTarget.value
                    if (id) editor.act({ do: 'change-group', group: group.id, nodes: [...group.nodes, id] })
                  }}
                />
              )}
              <button
                type="button"
                className={classes.next}
                onClick={() => editor.act({ do: 'ungroup', group: group.id })}
              >
                Ungroup
              </button>
            </div>
          )}
        </section>
      ))}
    </section>
  )
}

function Name({ group, readOnly }: { group: FlowGroup; readOnly: boolean }) {
  const editor = useEditor()
  const [typed, setTyped] = useState(group.title)
  const [why, setWhy] = useState<string>()
  useEffect(() => setTyped(group.title), [group.title])
  return (
    <TextInput
      size="xs"
      aria-label={`Name of the group ${group.title}`}
      data-rename-group={group.id}
      readOnly={readOnly}
      value={typed}
      error={why}
      onChange={(event) => {
        setTyped(event.currentTarget.value)
        const done = editor.session.do({ do: 'change-group', group: group.id, title: event.currentTarget.value })
        setWhy(done.ok ? undefined : done.why)
      }}
      onBlur={() => {
        setTyped(group.title)
        setWhy(undefined)
      }}
    />
  )
}
