import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useMemo } from 'react'
import { nowQuery } from '../now/queries.ts'
import { runsQuery } from '../queries.ts'
import { askedRuns } from '../run/asked-runs.ts'
import { RunFilters } from '../run/RunFilters.tsx'
import { RunTable } from '../run/RunTable.tsx'
import { sayDay, sayFitting } from '../run/say-runs.ts'
import type { RunsSearch } from '../search.ts'
import { Page } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'

const route = getRouteApi('/w/$workspace/runs')

export function Runs() {
  const { workspace } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  // Asked anew when a choice changes, not with every minute that passes.
  const asked = useMemo(() => askedRuns(search, new Date()), [search])
  return (
    <Page
      title="Runs"
      sentence={<Answer workspace={workspace} search={search} options={runsQuery(workspace, asked)} />}
    >
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

/** What came of it: of a day while nothing narrows the list, else of what fits. */
function Answer(props: { workspace: string; search: RunsSearch; options: ReturnType<typeof runsQuery> }) {
  const { may } = useRights(props.workspace)
  const whole = Object.keys(props.search).length === 0
  const day = useQuery({ ...nowQuery(props.workspace), enabled: whole && may('operations.read') })
  const list = useInfiniteQuery(props.options)
  if (whole && may('operations.read')) return day.data ? sayDay(day.data) : null
  return list.data ? sayFitting(list.data) : null
}
