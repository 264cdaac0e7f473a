import { getRouteApi, Link } from '@tanstack/react-router'
import { FilterSelect, Filters, FlowFilter } from '../parts/Filters.tsx'
import { runsQuery } from '../queries.ts'
import { RunTable } from '../run/RunTable.tsx'
import { RUN_CAUSES, RUN_STATES } from '../search.ts'
import { Page } from '../shell/Page.tsx'
import { CAUSE_WORDS, RUN_WORDS } from '../words.ts'

const route = getRouteApi('/w/$workspace/runs')

export function Runs() {
  const { workspace } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  return (
    <Page title="Runs" sentence="Every carrying-out of a flow, newest first.">
      <Filters label="Filter runs">
        <FlowFilter
          workspace={workspace}
          value={search.flow}
          onChange={(flow) => navigate({ search: ({ flow: _, ...rest }) => (flow ? { ...rest, flow } : rest) })}
        />
        <FilterSelect
          label="State"
          all="All states"
          options={RUN_STATES.map((state) => ({ value: state, label: RUN_WORDS[state].word }))}
          value={search.state}
          onChange={(state) => navigate({ search: ({ state: _, ...rest }) => (state ? { ...rest, state } : rest) })}
        />
        <FilterSelect
          label="Began by"
          all="All beginnings"
          options={RUN_CAUSES.map((cause) => ({ value: cause, label: CAUSE_WORDS[cause] }))}
          value={search.cause}
          onChange={(cause) => navigate({ search: ({ cause: _, ...rest }) => (cause ? { ...rest, cause } : rest) })}
        />
      </Filters>
      {search.backfill ? (
        <p>
          Only those of one back-fill.{' '}
          <Link from="/w/$workspace/runs" to="." search={({ backfill: _, ...rest }) => rest}>
            Show those of all
          </Link>
        </p>
      ) : null}
      <RunTable
        workspace={workspace}
        filters={search}
        options={runsQuery(workspace, search)}
        onClear={() => navigate({ search: {} })}
      />
    </Page>
  )
}
