import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useCallback, useEffect, useMemo, useState } from 'react'
import type { RunView } from '../../server/contract/runs.ts'
import { useMarkedKeys } from '../exception/use-marked-keys.ts'
import { nowQuery } from '../now/queries.ts'
import { type Marked, NOTHING_MARKED } from '../parts/marks.ts'
import { runsQuery } from '../queries.ts'
import { askedRuns } from '../run/asked-runs.ts'
import { MarkedRuns, mayBeControlled } from '../run/MarkedRuns.tsx'
import { RunFilters } from '../run/RunFilters.tsx'
import { RunTable } from '../run/RunTable.tsx'
import { sayDay, sayFitting } from '../run/say-runs.ts'
import { isNarrowed, type RunsSearch } from '../search.ts'
import { Page } from '../shell/Page.tsx'
import { useFirstRow } from '../shell/use-first-row.ts'
import { useRights } from '../shell/use-rights.ts'

const route = getRouteApi('/w/$workspace/runs')

export function Runs() {
  const { workspace } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  // Asked anew when a choice changes, not with every minute that passes.
  const asked = useMemo(() => askedRuns(search, new Date()), [search])
  const acts = useRights(workspace).may('runs.cancel')
  const [marked, setMarked] = useState<Marked>(NOTHING_MARKED)
  const filters = JSON.stringify(search)
  // biome-ignore lint/correctness/useExhaustiveDependencies: marks are those of one filter
  useEffect(() => setMarked(NOTHING_MARKED), [filters])
  const mark = useCallback((id: string) => (acts ? setMarked({ all: false, ids: new Set([id]) }) : undefined), [acts])
  useFirstRow()
  useMarkedKeys('runs', marked.all || marked.ids.size > 0, mark)
  const list = useInfiniteQuery(runsQuery(workspace, asked))
  const markable = acts ? (list.data?.pages.flatMap((page) => page.items.filter(mayBeControlled)) ?? []) : []
  const shown = markable.length > 0 || marked.all || marked.ids.size > 0
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
      {shown ? <MarkedRuns {...{ workspace, search, marked }} onChange={setMarked} /> : null}
      <RunTable
        workspace={workspace}
        filters={search}
        options={runsQuery(workspace, asked)}
        onClear={() => navigate({ search: {} })}
        marks={
          shown
            ? {
                chosen: marked.all ? new Set(markable.map((run) => run.id)) : marked.ids,
                onChange: (ids) => setMarked({ all: false, ids }),
                may: mayBeControlled,
                name: (run: RunView) => `the run of ${run.flow.name}`,
              }
            : undefined
        }
      />
    </Page>
  )
}

/** What came of it: of a day while nothing narrows the list, else of what fits. */
function Answer(props: { workspace: string; search: RunsSearch; options: ReturnType<typeof runsQuery> }) {
  const { may } = useRights(props.workspace)
  const whole = !isNarrowed(props.search)
  const day = useQuery({ ...nowQuery(props.workspace), enabled: whole && may('operations.read') })
  const list = useInfiniteQuery(props.options)
  if (whole && may('operations.read')) return day.data ? sayDay(day.data) : null
  return list.data ? sayFitting(list.data) : null
}
