import { TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { useState } from 'react'
import { findInFlow } from '../draft/search.ts'
import { countOf } from '../format/number.ts'
import { useDraft, useEditor } from './context.ts'
import classes from './Editor.module.css'

/** Where a word stands in this flow: names, settings, expressions. */
export function FindPanel() {
  const editor = useEditor()
  const flow = useDraft(editor.session, (snapshot) => snapshot.flow)
  const [typed, setTyped] = useState('')
  const hits = findInFlow(flow, typed)
  return (
    <div className={classes.list}>
      <TextInput
        label="Find in this flow"
        leftSection={<IconSearch size={16} aria-hidden />}
        value={typed}
        // biome-ignore lint/a11y/noAutofocus: the panel was opened to type into it
        autoFocus
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
      <p className="muted" role="status">
        {typed.trim() === '' ? 'Names, remarks, settings and expressions.' : countOf(hits.length, 'place')}
      </p>
      <ul>
        {hits.map((hit, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: one text may be found twice in a step
          <li key={place}>
            <button
              type="button"
              className={classes.item}
              onClick={() =>
                editor.open(hit.node, hit.where === 'name' || hit.where === 'remark' ? undefined : hit.where)
              }
            >
              <strong>{hit.name}</strong>
              <span className="muted">
                {hit.where}: {hit.text}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  )
}
