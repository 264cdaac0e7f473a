import { Button } from '@mantine/core'
import { createLink } from '@tanstack/react-router'
import { type AnchorHTMLAttributes, type KeyboardEvent, type ReactNode, type Ref, useRef } from 'react'
import classes from './DataTable.module.css'

export type Column<Row> = {
  readonly id: string
  readonly title: string
  readonly cell: (row: Row) => ReactNode
  /** Numbers stand at the end, so that their digits line up. */
  readonly align?: 'end'
  /** Left out on a phone. */
  readonly wideOnly?: boolean
  /** Breaks its lines; the others say things too short to break. */
  readonly wrap?: boolean
  /** Takes the room that is left, and breaks its lines. */
  readonly grow?: boolean
  /** The title is for those who hear it: a column of buttons. */
  readonly silent?: boolean
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
  more?: { readonly load: () => void; readonly loading: boolean } | undefined
}) {
  const table = useRef<HTMLTableElement>(null)
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
            {props.columns.map((column) => (
              <th
                key={column.id}
                scope="col"
                data-align={column.align}
                data-wide={column.wideOnly || undefined}
                data-grow={column.grow || undefined}
              >
                <span className={column.silent ? 'unseen' : undefined}>{column.title}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map((row) => (
            <tr key={props.rowKey(row)} aria-current={props.current?.(row) ? 'true' : undefined}>
              {props.columns.map((column, place) => (
                <td
                  key={column.id}
                  data-align={column.align}
                  data-wide={column.wideOnly || undefined}
                  data-wrap={column.wrap || undefined}
                  data-grow={column.grow || undefined}
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
          <Button variant="default" onClick={props.more.load} loading={props.more.loading}>
            Show more
          </Button>
        </div>
      ) : null}
    </div>
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
