import { Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ReportView } from '../../server/contract/reports.ts'
import { AnswerReport } from '../automation/AnswerReport.tsx'
import { reports as requestReports } from '../automation/requests.ts'
import { countOf } from '../format/number.ts'
import { dayAt, sayExactly } from '../format/time.ts'
import { type Column, DataTable } from '../parts/DataTable.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Filters } from '../parts/Filters.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { When } from '../parts/When.tsx'
import { Page } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'

const route = getRouteApi('/w/$workspace/reports')

/** What people said looks wrong, with what ran at the time; the team answers here. */
export function Reports() {
  const { workspace } = route.useParams()
  const { state = 'open' } = route.useSearch()
  const navigate = route.useNavigate()
  const { may } = useRights(workspace)
  const reports = useQuery({
    queryKey: [workspace, 'reports', state],
    queryFn: ({ signal }) => requestReports(workspace, { state }, { signal }),
  })
  const columns: readonly Column<ReportView>[] = [
    {
      id: 'words',
      title: 'What they say',
      grow: true,
      wrap: true,
      cell: (one) => (
        <>
          “{one.words}”
          <br />
          <Link to="/w/$workspace/flows/$flow" params={{ workspace, flow: one.flow.id }}>
            {one.flow.name}
          </Link>
          {one.answer ? (
            <p className="muted">
              {one.answeredBy ?? 'The team'}: {one.answer}
            </p>
          ) : null}
        </>
      ),
    },
    { id: 'by', title: 'Who', cell: (one) => one.by ?? 'Somebody who left' },
    { id: 'at', title: 'When', cell: (one) => <When at={one.createdAt} /> },
    {
      id: 'runs',
      title: 'What ran',
      cell: (one) => (
        <span title={`From ${sayExactly(new Date(one.from))} to ${sayExactly(new Date(one.to))}`}>
          {one.runs[0] === undefined ? (
            'Nothing'
          ) : (
            <Link
              to="/w/$workspace/runs"
              params={{ workspace }}
              search={{ flow: one.flow.id, from: dayAt(new Date(one.from)), to: dayAt(new Date(one.to)) }}
            >
              {countOf(one.runs.length, 'run')}
            </Link>
          )}
        </span>
      ),
    },
    {
      id: 'answer',
      title: 'Answer',
      silent: true,
      cell: (one) =>
        one.closedAt === null && may('reports.answer') ? <AnswerReport workspace={workspace} report={one} /> : null,
    },
  ]
  return (
    <Page
      title="Something looks wrong"
      sentence="What clients and colleagues said about a flow. Whoever said it sees the answer beside the automation."
    >
      <Filters label="Filter what was said">
        <Select
          label="State"
          data={[
            { value: 'open', label: 'Open' },
            { value: 'closed', label: 'Closed' },
          ]}
          allowDeselect={false}
          value={state}
          onChange={(value) => navigate({ search: value === 'closed' ? { state: 'closed' } : {} })}
        />
      </Filters>
      <Loaded query={reports}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title={state === 'open' ? 'Nobody waits for an answer' : 'None was closed yet'}>
              Clients say so with “Something looks wrong” on their home; what ran in that time is attached.
            </EmptyState>
          ) : (
            <DataTable label="What looks wrong" columns={columns} rows={items} rowKey={(one) => one.id} />
          )
        }
      </Loaded>
    </Page>
  )
}
