import { Button, Group, SegmentedControl } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { useDeferredValue, useMemo, useState } from 'react'
import { countOf, sayCount } from '../format/number.ts'
import classes from './JsonView.module.css'
import { cellText, columnsOf, holds, kindOf } from './json-shape.ts'
import { SearchField } from './SearchField.tsx'

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
  /** Place of the first of `records` among all. */
  from?: number
  more?: { readonly load: () => void; readonly loading: boolean } | undefined
}) {
  // One record is read field by field, many side by side.
  const [look, setLook] = useState<'table' | 'tree'>(props.total === 1 ? 'tree' : 'table')
  const clipboard = useClipboard({ timeout: 1500 })
  const { total, from = 0 } = props
  const [typed, setTyped] = useState('')
  const find = useDeferredValue(typed.trim())
  const records = useMemo(
    () => (find === '' ? props.records : props.records.filter((record) => holds(record, find))),
    [props.records, find],
  )
  const first = props.records[0]
  const only = total === 1 && typeof first === 'object' && first !== null ? first : undefined
  if (props.records.length === 0) return <p className="muted">No records.</p>
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
            {find !== ''
              ? `${sayCount(records.length)} of ${countOf(props.records.length, 'record')} here`
              : from > 0
                ? `${sayCount(from + 1)} to ${sayCount(from + records.length)} of ${countOf(total, 'record')}`
                : records.length < total
                  ? `First ${sayCount(records.length)} of ${countOf(total, 'record')}`
                  : countOf(total, 'record')}
          </span>
          <Button size="compact-sm" variant="default" onClick={() => clipboard.copy(JSON.stringify(records, null, 2))}>
            {clipboard.copied ? 'Copied' : 'Copy'}
          </Button>
        </Group>
      </Group>
      {props.records.length > 1 ? (
        <SearchField
          size="xs"
          label={`Find in ${props.label}`}
          placeholder="Find in these records"
          value={typed}
          onChange={setTyped}
        />
      ) : null}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard */}
      <section className={classes.scroll} tabIndex={0} aria-label={props.label}>
        {look === 'table' ? (
          <JsonTable records={records} from={find === '' ? from : 0} />
        ) : (
          <Branch value={only ?? records} path="" />
        )}
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

function JsonTable({ records, from }: { records: readonly unknown[]; from: number }) {
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
            <td className="muted number">{from + place + 1}</td>
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

function Branch({ value, path }: { value: object; path: string }) {
  const [shown, setShown] = useState(FIRST_CHILDREN)
  const names = useMemo(() => Object.keys(value), [value])
  return (
    <ul className={classes.branch}>
      {names.slice(0, shown).map((name) => (
        <li key={name}>
          <Leaf name={name} value={Reflect.get(value, name)} path={pathTo(path, value, name)} />
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

/** As an expression asks for it. The list that all records stand in is no part of one. */
function pathTo(path: string, value: object, name: string): string {
  if (Array.isArray(value)) return path === '' ? '' : `${path}[${name}]`
  const plain = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : `\`${name}\``
  return path === '' ? plain : `${path}.${plain}`
}

/** For a pointer: with the keyboard, paths are copied from the list of fields, and records as a whole. */
function CopyTools({ path, value }: { path: string; value: unknown }) {
  const clipboard = useClipboard({ timeout: 1500 })
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return (
    <span className={classes.copy} aria-hidden>
      {path === '' ? null : (
        <button type="button" tabIndex={-1} onClick={() => clipboard.copy(path)}>
          {clipboard.copied ? 'copied' : 'copy path'}
        </button>
      )}
      <button type="button" tabIndex={-1} onClick={() => clipboard.copy(text)}>
        copy value
      </button>
    </span>
  )
}

function Leaf({ name, value, path }: { name: string; value: unknown; path: string }) {
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
        <CopyTools path={path} value={value} />
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
      {open ? <Branch value={value} path={path} /> : null}
    </details>
  )
}
