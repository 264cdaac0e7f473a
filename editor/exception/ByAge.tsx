import { Link } from '@tanstack/react-router'
import type { ExceptionGroups } from '../../server/contract/exception-care.ts'
import type { ExceptionView } from '../../server/contract/exceptions.ts'
import { sayCount } from '../format/number.ts'
import { type Column, DataTable } from '../parts/DataTable.tsx'
import { Sums } from '../parts/Sums.tsx'
import { AGE_WORDS } from '../words.ts'

type Age = ExceptionGroups['ages'][number]

/** What is open by how long it has been there, the oldest first, with the money at stake; each leads to its queue. */
export function ByAge(props: {
  workspace: string
  desk: ExceptionView['desk'] | undefined
  ages: ExceptionGroups['ages']
}) {
  const { workspace, desk } = props
  const columns: readonly Column<Age>[] = [
    {
      id: 'age',
      title: 'Open for',
      grow: true,
      cell: (one) => (
        <Link
          to="/w/$workspace/exceptions"
          params={{ workspace }}
          search={{ state: 'open', age: one.age, ...(desk === undefined ? {} : { desk }) }}
        >
          {AGE_WORDS[one.age]}
        </Link>
      ),
    },
    { id: 'count', title: 'Records', align: 'end', cell: (one) => sayCount(one.count) },
    { id: 'money', title: 'At stake', align: 'end', wrap: true, cell: (one) => <Sums money={one.money} /> },
  ]
  return (
    <DataTable
      label="Open exceptions by age"
      columns={columns}
      rows={props.ages.toReversed()}
      rowKey={(one) => one.age}
    />
  )
}
