import { Checkbox, UnstyledButton } from '@mantine/core'
import { createLink } from '@tanstack/react-router'
import { type AnchorHTMLAttributes, type KeyboardEvent, type ReactNode, type Ref, useRef } from 'react'
import classes from './DataTable.module.css'
import { type More, ShowMore } from './LookedAt.tsx'
import { withRange } from './marks.ts'
import { packedOf } from './packed.ts'

export type Column<Row> = {
  readonly id: string
  readonly title: string
  readonly cell: (row: Row) => ReactNode
  /** Numbers stand at the end, so that their digits line up. */
  readonly align?: 'end'
  /** Left out on a phone and in a narrow window. */
  readonly wideOnly?: boolean
  /** Breaks its lines; the others say things too short to break. */
  readonly wrap?: boolean
  /** Takes the room that is left, and breaks its lines. */
  readonly grow?: boolean
  /** The first column, where what names a row is as short as “Version 4”. */
  readonly short?: boolean
  /** Its title is a button that puts the rows in its order. */
  readonly sorts?: true
  /** The title is for those who hear it: a column of buttons. */
  readonly silent?: boolean
}

/** Which rows are marked, and what to do with the marks. Holding Shift marks all up to the one marked before. */
export type Marks<Row> = {
  readonly chosen: ReadonlySet<string>
  readonly onChange: (chosen: ReadonlySet<string>) => void
  /** Rows that cannot be marked have an empty box. */
  readonly may: (row: Row) => boolean
  /** What a row is called, for its box. */
  readonly name: (row: Row) => string
}

/** The link of a row: its whole row can be clicked, and J, K and the arrows move between these. */
export const RowLink = createLink(function RowAnchor({
  ref,
  ...props
}: AnchorHTMLAttributes<HTMLAnchorElement> & { ref?: Ref<HTMLAnchorElement> }) {
  return <a ref={ref} {...props} className={classes.link} data-row-link="" />
})

/** A semantic table; on a phone each row becomes a card. Rows are keyed, the first column names the row. */
export function DataTable<Row>(props: {
  label: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  rowKey: (row: Row) => string
  /** For a row that should stand out, for example the open one. */
  current?: (row: Row) => boolean
  marks?: Marks<Row> | undefined
  /** By which column the rows are in order; the caller puts them so. */
  sort?:
    | {
        readonly by: string | undefined
        readonly order: 'ascending' | 'descending'
        readonly onSort: (by: string) => void
      }
    | undefined
  more?: More | undefined
  /** What the rows are, where a search through them says how far it came. */
  things?: { readonly one: string; readonly many: string }
}) {
  const table = useRef<HTMLTableElement>(null)
  const { marks } = props
  const packed = packedOf(props.columns)
  const markable = marks ? props.rows.filter(marks.may).map(props.rowKey) : []
  const marked = markable.filter((key) => marks?.chosen.has(key)).length
  return (
    <div className={classes.frame}>
      <table
        ref={table}
        className={classes.table}
        aria-label={props.label}
        onKeyDown={(event) => moveFocus(event, table.current)}
      >
        <thead>
          <tr>
            {marks ? (
              <th scope="col" data-mark="">
                <Checkbox
                  size="sm"
                  aria-label="Mark all that are shown"
                  disabled={markable.length === 0}
                  checked={marked > 0 && marked === markable.length}
                  indeterminate={marked > 0 && marked < markable.length}
                  onChange={() => marks.onChange(new Set(marked === markable.length ? [] : markable))}
                />
              </th>
            ) : null}
            {props.columns.map((column) => (
              <th
                key={column.id}
                scope="col"
                data-align={column.align}
                data-wide={column.wideOnly || undefined}
                data-grow={column.grow || undefined}
                aria-sort={column.sorts && props.sort?.by === column.id ? props.sort.order : undefined}
              >
                {column.sorts && props.sort ? (
                  <UnstyledButton className={classes.sort} onClick={() => props.sort?.onSort(column.id)}>
                    {column.title}
                    <span aria-hidden className={classes.way}>
                      {props.sort.by !== column.id ? '↕' : props.sort.order === 'ascending' ? '↑' : '↓'}
                    </span>
                  </UnstyledButton>
                ) : (
                  <span className={column.silent ? 'unseen' : undefined}>{column.title}</span>
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map((row) => (
            <tr key={props.rowKey(row)} aria-current={props.current?.(row) ? 'true' : undefined}>
              {marks ? (
                <td data-mark="">
                  <Mark marks={marks} row={row} id={props.rowKey(row)} all={markable} />
                </td>
              ) : null}
              {props.columns.map((column, place) => (
                <td
                  key={column.id}
                  data-align={column.align}
                  data-packed={packed.has(column.id) || undefined}
                  data-silent={column.silent || undefined}
                  data-wide={column.wideOnly || undefined}
                  data-wrap={column.wrap || undefined}
                  data-grow={column.grow || undefined}
                  data-short={column.short || undefined}
                >
                  {place === 0 || column.silent ? null : (
                    <span className={classes.title} aria-hidden>
                      {column.title}
                    </span>
                  )}
                  <span className={classes.value}>{column.cell(row)}</span>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {props.more ? (
        <div className={classes.more}>
          <ShowMore more={props.more} things={props.things ?? { one: 'row', many: 'rows' }} />
        </div>
      ) : null}
    </div>
  )
}

// The row marked last on this page: Shift marks from there.
let lastMarked: string | undefined

function Mark<Row>(props: { marks: Marks<Row>; row: Row; id: string; all: readonly string[] }) {
  const { marks, id, all } = props
  const shift = useRef(false)
  const on = marks.chosen.has(id)
  if (!marks.may(props.row)) return null
  return (
    <Checkbox
      size="sm"
      aria-label={`Mark ${marks.name(props.row)}`}
      checked={on}
      onClick={(event) => {
        shift.current = event.shiftKey
      }}
      onChange={() => {
        marks.onChange(withRange(marks.chosen, all, shift.current ? lastMarked : undefined, id))
        lastMarked = id
      }}
    />
  )
}

function moveFocus(event: KeyboardEvent, table: HTMLTableElement | null): void {
  const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key]
  if (step === undefined || table === null || event.ctrlKey || event.metaKey || event.altKey) return
  const links = [...table.querySelectorAll<HTMLElement>('[data-row-link]')]
  const place = links.findIndex((link) => link === document.activeElement)
  const next = links[place + step]
  if (place < 0 || next === undefined) return
  event.preventDefault()
  next.focus()
}
