import type { ExceptionView } from '../../server/contract/exceptions.ts'
import { countOf } from '../format/number.ts'
import { Amount } from '../parts/Amount.tsx'
import { type Column, DataTable, type Marks, RowLink } from '../parts/DataTable.tsx'
import type { More } from '../parts/LookedAt.tsx'
import { StateBadge } from '../parts/StateBadge.tsx'
import { When } from '../parts/When.tsx'
import { DESK_WORDS, EXCEPTION_WORDS } from '../words.ts'
import classes from './ExceptionTable.module.css'

export const EXCEPTIONS = { one: 'exception', many: 'exceptions' }

/** Records that were set aside. `inRun` leaves out what is the same for all of a run. */
export function ExceptionTable(props: {
  workspace: string
  rows: readonly ExceptionView[]
  inRun?: boolean
  marks?: Marks<ExceptionView>
  more?: More | undefined
}) {
  const { workspace } = props
  const columns: readonly Column<ExceptionView>[] = [
    {
      id: 'key',
      title: 'Record',
      short: true,
      cell: (one) => (
        <RowLink to="/w/$workspace/exceptions/$exception" params={{ workspace, exception: one.id }}>
          {one.businessKey ?? 'Without a key'}
        </RowLink>
      ),
    },
    {
      id: 'what',
      title: 'What happened',
      grow: true,
      cell: (one) => (
        <span>
          <span className={classes.message}>{one.message}</span>
          <span className={classes.where}>
            {props.inRun ? one.nodeName : `${one.flow.name} · ${one.nodeName}`}
            {one.occurrences > 1 ? ` · ${countOf(one.occurrences, 'time')}` : ''}
            {one.edited ? ' · edited' : ''}
            {one.assignedTo ? ` · ${one.assignedTo.name}` : ''}
            {one.snoozedUntil ? ' · put aside' : ''}
          </span>
        </span>
      ),
    },
    { id: 'state', title: 'State', cell: (one) => <StateBadge {...EXCEPTION_WORDS[one.state]} /> },
    { id: 'desk', title: 'For', cell: (one) => DESK_WORDS[one.desk] },
    {
      id: 'amount',
      title: 'Amount',
      align: 'end',
      cell: (one) =>
        one.amount === null ? <span className="muted">—</span> : <Amount amount={one.amount} currency={one.currency} />,
    },
    ...(props.inRun
      ? []
      : [{ id: 'at', title: 'Since', cell: (one) => <When at={one.createdAt} /> } satisfies Column<ExceptionView>]),
  ]
  return (
    <DataTable
      label="Exceptions"
      columns={columns}
      rows={props.rows}
      rowKey={(one) => one.id}
      marks={props.marks}
      more={props.more}
      things={EXCEPTIONS}
    />
  )
}
