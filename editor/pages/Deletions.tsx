import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { DeletionRecord } from '../../server/contract/closing.ts'
import { deletionFile, deletionsQuery } from '../closing/requests.ts'
import { countOf, sayCount } from '../format/number.ts'
import { type Column, DataTable } from '../parts/DataTable.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { StateBadge } from '../parts/StateBadge.tsx'
import { When } from '../parts/When.tsx'
import { Page, Section } from '../shell/Page.tsx'

const route = getRouteApi('/w/$workspace/deleted')

/** What is left of workspaces that were deleted. */
export function Deletions() {
  const { workspace } = route.useParams()
  const records = useQuery(deletionsQuery)
  return (
    <Page
      title="Deleted workspaces"
      sentence="What is left of each: how much was deleted, when and by whose order. No content, and nobody’s name."
      above={
        <Link to="/w/$workspace/settings" params={{ workspace }}>
          Settings
        </Link>
      }
    >
      <Section title="Records" note="Of workspaces in which you were owner, consultant or auditor.">
        <Loaded query={records}>
          {({ items }) =>
            items.length === 0 ? (
              <EmptyState title="None was deleted" />
            ) : (
              <DataTable label="Deleted workspaces" columns={COLUMNS} rows={items} rowKey={(one) => one.workspace} />
            )
          }
        </Loaded>
      </Section>
    </Page>
  )
}

const COLUMNS: readonly Column<DeletionRecord>[] = [
  { id: 'name', title: 'Workspace', grow: true, cell: (one) => <strong>{one.name}</strong> },
  {
    id: 'state',
    title: 'State',
    cell: (one) => (
      <StateBadge
        {...(one.finishedAt === null ? { tone: 'running', word: 'Being deleted' } : { tone: 'ok', word: 'Deleted' })}
      />
    ),
  },
  { id: 'asked', title: 'Closed', wideOnly: true, cell: (one) => <When at={one.askedAt} /> },
  { id: 'done', title: 'Deleted', cell: (one) => <When at={one.finishedAt} empty="Not yet" /> },
  {
    id: 'rows',
    title: 'Rows',
    align: 'end',
    cell: (one) => sayCount(Object.values(one.counts).reduce((sum, count) => sum + count, 0)),
  },
  { id: 'sign-ins', title: 'Sign-ins', wrap: true, wideOnly: true, cell: (one) => saySignIns(one.connections) },
  {
    id: 'file',
    title: 'Record',
    cell: (one) => (
      <a href={deletionFile(one.workspace)} download aria-label={`Download the record of ${one.name}`}>
        Download
      </a>
    ),
  },
]

/** “2 given back, 1 not” */
function saySignIns(connections: DeletionRecord['connections']): string {
  const of = (outcome: string) => connections.filter((one) => one.outcome === outcome).length
  const parts = [
    ...(of('revoked') > 0 ? [`${of('revoked')} given back`] : []),
    ...(of('used-elsewhere') > 0 ? [`${of('used-elsewhere')} used elsewhere`] : []),
    ...(of('not-revoked') > 0 ? [`${of('not-revoked')} not given back: do it by hand`] : []),
    ...(of('no-sign-in') > 0 ? [`${countOf(of('no-sign-in'), 'key')} made unreadable`] : []),
  ]
  return parts.length === 0 ? 'None' : parts.join(', ')
}
