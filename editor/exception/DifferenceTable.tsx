import { type Column, DataTable } from '../parts/DataTable.tsx'
import type { Difference } from './difference.ts'
import classes from './DifferenceTable.module.css'

const columns: readonly Column<Difference>[] = [
  { id: 'place', title: 'Field', cell: (one) => <strong className={classes.place}>{one.place}</strong> },
  {
    id: 'before',
    title: 'Was',
    wrap: true,
    cell: (one) => (one.kind === 'added' ? <span className="muted">not there</span> : <Value value={one.before} />),
  },
  {
    id: 'after',
    title: 'Becomes',
    wrap: true,
    cell: (one) => (one.kind === 'removed' ? <span className="muted">left out</span> : <Value value={one.after} />),
  },
]

/** What differs between a record as it was and as it is sent, field by field. */
export const DifferenceTable = ({ rows }: { rows: readonly Difference[] }) => (
  <DataTable label="Changed fields" columns={columns} rows={rows} rowKey={(one) => one.place} />
)

const Value = ({ value }: { value: unknown }) => <code className={classes.value}>{JSON.stringify(value)}</code>
