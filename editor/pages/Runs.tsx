import { getRouteApi, Link } from '@tanstack/react-router'
import { useMemo } from 'react'
import { runsQuery } from '../queries.ts'
import { askedRuns } from '../run/asked-runs.ts'
import { RunFilters } from '../run/RunFilters.tsx'
import { RunTable } from '../run/RunTable.tsx'
import { Page } from '../shell/Page.tsx'

const route = getRouteApi('/w/$workspace/runs')

export function Runs() {
  const { workspace } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  // Asked anew when a choice changes, not with every minute that passes.
  const asked = useMemo(() => askedRuns(search, new Date()), [search])
  return (
    <Page title="Runs" sentence="Each time a flow ran, newest first.">
      <RunFilters workspace={workspace} search={search} onChange={(next) => navigate({ search: next })} />
      {search.backfill ? (
        <p>
          Only those of one back-fill.{' '}
          <Link from="/w/$workspace/runs" to="." search={({ backfill: _, ...rest }) => rest}>
            Show those of all
          </Link>
        </p>
      ) : null}
      {search.fault ? (
        <p>
          Only those that failed for one reason, whatever numbers stand in it.{' '}
          <Link from="/w/$workspace/runs" to="." search={({ fault: _, ...rest }) => rest}>
            Show those that failed otherwise too
          </Link>
        </p>
      ) : null}
      <RunTable
        workspace={workspace}
        filters={search}
        options={runsQuery(workspace, asked)}
        onClear={() => navigate({ search: {} })}
      />
    </Page>
  )
}
