import { Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { flowsQuery, runsQuery } from '../queries.ts'
import { RunTable } from '../run/RunTable.tsx'
import { RUN_STATES } from '../search.ts'
import { Page } from '../shell/Page.tsx'
import { RUN_WORDS } from '../words.ts'
import classes from './Filters.module.css'

const route = getRouteApi('/w/$workspace/runs')

export function Runs() {
  const { workspace } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const flows = useQuery(flowsQuery(workspace))
  const options = (flows.data?.items ?? []).map((flow) => ({ value: flow.id, label: flow.name }))
  // A link may name a flow that is archived: the filter still shows that it is there.
  if (search.flow !== undefined && !options.some((one) => one.value === search.flow)) {
    options.push({ value: search.flow, label: flows.data ? 'Another flow' : '…' })
  }
  return (
    <Page title="Runs" sentence="Every carrying-out of a flow, newest first.">
      <search className={classes.filters} aria-label="Filter runs">
        <Select
          label="Flow"
          placeholder="All flows"
          data={options}
          value={search.flow ?? null}
          clearable
          searchable
          clearButtonProps={{ 'aria-label': 'All flows' }}
          onChange={(flow) =>
            navigate({ search: ({ flow: _, ...rest }) => (flow === null ? rest : { ...rest, flow }) })
          }
        />
        <Select
          label="State"
          placeholder="All states"
          data={RUN_STATES.map((state) => ({ value: state, label: RUN_WORDS[state].word }))}
          value={search.state ?? null}
          clearable
          clearButtonProps={{ 'aria-label': 'All states' }}
          onChange={(value) => {
            const state = RUN_STATES.find((one) => one === value)
            void navigate({ search: ({ state: _, ...rest }) => (state === undefined ? rest : { ...rest, state }) })
          }}
        />
      </search>
      <RunTable
        workspace={workspace}
        filters={search}
        options={runsQuery(workspace, search)}
        onClear={() => navigate({ search: {} })}
      />
    </Page>
  )
}
