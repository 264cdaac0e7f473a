import { useQuery } from '@tanstack/react-query'
import type { ExceptionGroups } from '../../server/contract/exception-care.ts'
import type { ExceptionView } from '../../server/contract/exceptions.ts'
import { Whose } from '../cause/Whose.tsx'
import { countOf, sayCount } from '../format/number.ts'
import { type Column, DataTable, RowLink } from '../parts/DataTable.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { Sums } from '../parts/Sums.tsx'
import { When } from '../parts/When.tsx'
import { exceptionGroupsQuery } from '../queries.ts'

type Group = ExceptionGroups['groups'][number]

/** What is open by cause: how many, since when, how much money. A row leads to its exceptions. */
export function Groups(props: {
  workspace: string
  filter: { readonly desk?: ExceptionView['desk']; readonly flow?: string }
}) {
  const { workspace } = props
  const groups = useQuery(exceptionGroupsQuery(workspace, props.filter))
  const columns: readonly Column<Group>[] = [
    {
      id: 'cause',
      title: 'Cause',
      grow: true,
      cell: (one) => (
        <span>
          <RowLink
            to="/w/$workspace/exceptions"
            params={{ workspace }}
            search={{
              ...{ state: 'open', flow: one.flow.id, node: one.node, code: one.code },
              ...(one.fault === null ? {} : { fault: one.fault }),
            }}
          >
            {one.message}
          </RowLink>
          {one.nextAction ? <span className="muted"> {one.nextAction}</span> : null}
        </span>
      ),
    },
    { id: 'flow', title: 'Flow', wrap: true, wideOnly: true, cell: (one) => one.flow.name },
    { id: 'desk', title: 'For', wrap: true, cell: (one) => <Whose {...one} /> },
    { id: 'count', title: 'Open', align: 'end', cell: (one) => sayCount(one.count) },
    { id: 'money', title: 'At stake', align: 'end', cell: (one) => <Sums money={one.money} /> },
    { id: 'since', title: 'Since', cell: (one) => <When at={one.firstAt} /> },
  ]
  return (
    <Loaded query={groups} rows={3}>
      {(data) =>
        data.open === 0 ? null : (
          <>
            <p>
              {countOf(data.open, 'exception')} open{data.mine > 0 ? `, ${data.mine} of them yours` : ''}
              {data.snoozed > 0 ? `, ${data.snoozed} put aside` : ''}.{' '}
              {data.money.length > 0 ? (
                <>
                  At stake: <Sums money={data.money} />.
                </>
              ) : null}
            </p>
            <DataTable
              label="Open exceptions by cause"
              columns={columns}
              rows={data.groups}
              rowKey={(one) => `${one.flow.id} ${one.node} ${one.code} ${one.desk} ${one.fault}`}
            />
          </>
        )
      }
    </Loaded>
  )
}
