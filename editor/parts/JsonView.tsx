import { Button, Group, SegmentedControl } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { useMemo, useState } from 'react'
import { countOf, sayCount } from '../format/number.ts'
import classes from './JsonView.module.css'
import { cellText, columnsOf, kindOf } from './json-shape.ts'

// More columns than a screen holds say nothing; the tree has them all.
const MAX_COLUMNS = 12
const FIRST_CHILDREN = 100
/** Signs of a text that are drawn at once: a megabyte in one line keeps a browser busy for seconds. */
const FIRST_SIGNS = 2_000
const MORE_SIGNS = 20_000

/** Records as a table or a tree. Shows what has been loaded; `more` loads the next page. */
export function JsonView(props: {
  records: readonly unknown[]
  total: number
  label: string
  more?: { readonly load: () => void; readonly loading: boolean } | undefined
}) {
  // One record is read field by field, many side by side.
  const [look, setLook] = useState<'table' | 'tree'>(props.total === 1 ? 'tree' : 'table')
  const clipboard = useClipboard({ timeout: 1500 })
  const { records, total } = props
  const first = records[0]
  const only = total === 1 && typeof first === 'object' && first !== null ? first : undefined
  if (records.length === 0) return <p className="muted">No records.</p>
  return (
    <div className={classes.view}>
      <Group justify="space-between" gap="sm">
        <SegmentedControl
          aria-label={`How to show ${props.label}`}
          size="xs"
          value={look}
          onChange={(value) => setLook(value === 'tree' ? 'tree' : 'table')}
          data={[
            { value: 'table', label: 'Table' },
            { value: 'tree', label: 'Tree' },
          ]}
        />
        <Group gap="sm">
          <span className="muted number">
            {records.length < total
              ? `First ${sayCount(records.length)} of ${countOf(total, 'record')}`
              : countOf(total, 'record')}
          </span>
          <Button size="compact-sm" variant="default" onClick={() => clipboard.copy(JSON.stringify(records, null, 2))}>
            {clipboard.copied ? 'Copied' : 'Copy'}
          </Button>
        </Group>
      </Group>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard */}
      <section className={classes.scroll} tabIndex={0} aria-label={props.label}>
        {look === 'table' ? <JsonTable records={records} /> : <Branch value={only ?? records} />}
      </section>
      {props.more ? (
        <Button
          variant="default"
          size="compact-sm"
          onClick={props.more.load}
          loading={props.more.loading}
          className={classes.more}
        >
          Show more
        </Button>
      ) : null}
    </div>
  )
}

function JsonTable({ records }: { records: readonly unknown[] }) {
  const columns = columnsOf(records, MAX_COLUMNS)
  return (
    <table className={classes.table}>
      <thead>
        <tr>
          <th scope="col">
            <span className="unseen">Number</span>
          </th>
          {columns.names.map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
          {columns.left > 0 ? <th scope="col">{countOf(columns.left, 'more field')}</th> : null}
        </tr>
      </thead>
      <tbody>
        {records.map((record, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: records have no identity but their place in the page
          <tr key={place}>
            <td className="muted number">{place + 1}</td>
            {columns.names.map((name) => (
              <td key={name}>{cellText(record, name)}</td>
            ))}
            {columns.left > 0 ? <td className="muted">see Tree</td> : null}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Branch({ value }: { value: object }) {
  const [shown, setShown] = useState(FIRST_CHILDREN)
  const names = useMemo(() => Object.keys(value), [value])
  return (
    <ul className={classes.branch}>
      {names.slice(0, shown).map((name) => (
        <li key={name}>
          <Leaf name={name} value={Reflect.get(value, name)} />
        </li>
      ))}
      {names.length > shown ? (
        <li>
          <Button variant="subtle" size="compact-xs" onClick={() => setShown(shown + FIRST_CHILDREN)}>
            {`Show ${sayCount(Math.min(FIRST_CHILDREN, names.length - shown))} more`}
          </Button>
        </li>
      ) : null}
    </ul>
  )
}

function Text({ text }: { text: string }) {
  const [shown, setShown] = useState(FIRST_SIGNS)
  const left = text.length - shown
  return (
    <>
      <span data-kind="text">
        {left > 0 ? `${JSON.stringify(text.slice(0, shown)).slice(0, -1)}…` : JSON.stringify(text)}
      </span>
      {left > 0 ? (
        <Button variant="subtle" size="compact-xs" onClick={() => setShown(shown + MORE_SIGNS)}>
          {`Show ${sayCount(Math.min(MORE_SIGNS, left))} more of ${countOf(text.length, 'character')}`}
        </Button>
      ) : null}
    </>
  )
}

function Leaf({ name, value }: { name: string; value: unknown }) {
  // Children are drawn when they are opened: a record of a thousand lines costs nothing while it is closed.
  const [open, setOpen] = useState(false)
  if (typeof value !== 'object' || value === null) {
    return (
      <span className={classes.leaf}>
        <span className={classes.name}>{name}</span>{' '}
        {typeof value === 'string' ? (
          <Text text={value} />
        ) : (
          <span data-kind={kindOf(value)}>{JSON.stringify(value)}</span>
        )}
      </span>
    )
  }
  const size = Object.keys(value).length
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <span className={classes.name}>{name}</span>{' '}
        <span className="muted">{Array.isArray(value) ? `list of ${sayCount(size)}` : countOf(size, 'field')}</span>
      </summary>
      {open ? <Branch value={value} /> : null}
    </details>
  )
}
