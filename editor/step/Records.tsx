import { SegmentedControl } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { useState } from 'react'
import { ErrorState } from '../parts/ErrorState.tsx'
import { JsonView } from '../parts/JsonView.tsx'
import { SearchField } from '../parts/SearchField.tsx'
import classes from './Sample.module.css'
import type { Sample } from './use-sample.ts'

/** Records as fields with what stands in them, as a table or as a tree; a field is copied by a click, or dragged. */
export function Records({ sample, label, onPick }: { sample: Sample; label: string; onPick?: (path: string) => void }) {
  const [look, setLook] = useState<'fields' | 'records'>('fields')
  const [find, setFind] = useState('')
  const clipboard = useClipboard({ timeout: 1500 })
  const [copied, setCopied] = useState<string>()
  if (sample.loading) return <p className="muted">Loading…</p>
  if (sample.records.length === 0 && sample.failed)
    return <ErrorState error={sample.failed.error} onRetry={sample.failed.again} />
  // Where there is no run, or it may not be seen, that is said above.
  if (sample.records.length === 0 && sample.run === undefined) return null
  if (sample.records.length === 0) return <p className="muted">Nothing passed here in that run.</p>
  const wanted = find.trim().toLowerCase()
  const paths = sample.paths.filter((one) => `${one.path} ${one.value}`.toLowerCase().includes(wanted))
  return (
    <div className={classes.records}>
      <SegmentedControl
        size="xs"
        aria-label={`How to show ${label}`}
        value={look}
        onChange={(next) => setLook(next === 'records' ? 'records' : 'fields')}
        data={[
          { value: 'fields', label: 'Fields' },
          { value: 'records', label: 'Records' },
        ]}
      />
      {look === 'records' ? (
        <JsonView records={sample.records} total={sample.records.length} label={label} />
      ) : (
        <>
          <SearchField size="xs" label="Find a field" placeholder="Find a field" value={find} onChange={setFind} />
          <ul className={classes.fields} aria-label={label}>
            {paths.map((one) => (
              <li key={one.path}>
                <button
                  type="button"
                  draggable
                  onDragStart={(event) => event.dataTransfer.setData('text/plain', one.path)}
                  onClick={() => {
                    onPick?.(one.path)
                    clipboard.copy(one.path)
                    setCopied(one.path)
                  }}
                >
                  <code>{one.path}</code>
                  <span className="muted">{clipboard.copied && copied === one.path ? 'copied' : one.value}</span>
                </button>
              </li>
            ))}
          </ul>
          {paths.length === 0 ? <p className="muted">No field is called that.</p> : null}
        </>
      )}
    </div>
  )
}
