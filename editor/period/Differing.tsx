import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { PeriodDocument } from '../../server/contract/period-documents.ts'
import type { PeriodFlow } from '../../server/contract/periods.ts'
import { visible } from '../format/visible.ts'
import { Amount } from '../parts/Amount.tsx'
import { type Column, DataTable } from '../parts/DataTable.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { STATE_WORDS } from './month.ts'
import { differingQuery } from './requests.ts'

/** Documents that are not the same on both sides, of all flows or of one. Each leads to all that was done with it. */
export function Differing(props: {
  workspace: string
  period: string
  /** Only of this one. */
  flow?: string
  currency?: string
  flows: readonly PeriodFlow[]
}) {
  const { workspace, period, flow, currency } = props
  const list = useInfiniteQuery(differingQuery(workspace, period, { flow, currency }))
  const rows = list.data?.pages.flatMap(({ items }) => items) ?? []
  const nameOf = new Map(props.flows.map((one) => [one.flow.id, one.flow.name]))
  const columns: readonly Column<PeriodDocument>[] = [
    { id: 'document', title: 'Document', cell: (one) => <DocumentLink workspace={workspace} {...one} /> },
    ...(flow === undefined
      ? [
          {
            id: 'flow',
            title: 'Flow',
            wrap: true,
            grow: true,
            cell: (one: PeriodDocument) => nameOf.get(one.flow) ?? '',
          },
        ]
      : []),
    { id: 'state', title: 'State', cell: (one) => STATE_WORDS[one.state] },
    { id: 'source', title: 'In the source', align: 'end', cell: (one) => <Amount amount={one.source} /> },
    { id: 'ledger', title: 'Sent and confirmed', align: 'end', cell: (one) => <Amount amount={one.ledger} /> },
    {
      id: 'difference',
      title: 'Difference',
      align: 'end',
      cell: (one) => <Amount amount={one.difference} currency={one.currency} />,
    },
  ]
  return (
    <Loaded query={list} rows={3}>
      {() =>
        rows.length === 0 ? (
          <p className="muted">Nothing differs here, or the check is from before documents were kept: check again.</p>
        ) : (
          <DataTable
            label="Documents that differ"
            columns={columns}
            rows={rows}
            rowKey={(one) => `${one.flow} ${one.document} ${one.currency}`}
            more={
              list.hasNextPage ? { load: () => void list.fetchNextPage(), loading: list.isFetchingNextPage } : undefined
            }
          />
        )
      }
    </Loaded>
  )
}

/** By its number where rows say it, else by its key in the ledger. */
export function DocumentLink(props: { workspace: string; document: string; name: string }) {
  const { workspace, document, name } = props
  return (
    <Link to="/w/$workspace/records" params={{ workspace }} search={{ key: name === '' ? document : name }}>
      {visible(name === '' ? document : name)}
    </Link>
  )
}
