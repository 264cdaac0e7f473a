import { Button, Select } from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { ExceptionTable } from '../exception/ExceptionTable.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { exceptionsQuery, flowsQuery } from '../queries.ts'
import { DESKS, EXCEPTION_STATES } from '../search.ts'
import { Page } from '../shell/Page.tsx'
import { DESK_WORDS, EXCEPTION_WORDS } from '../words.ts'
import classes from './Filters.module.css'

const route = getRouteApi('/w/$workspace/exceptions')

export function Exceptions() {
  const { workspace } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const exceptions = useInfiniteQuery(exceptionsQuery(workspace, search))
  const flows = useQuery(flowsQuery(workspace))
  const options = (flows.data?.items ?? []).map((flow) => ({ value: flow.id, label: flow.name }))
  if (search.flow !== undefined && !options.some((one) => one.value === search.flow)) {
    options.push({ value: search.flow, label: flows.data ? 'Another flow' : '…' })
  }
  const filtered = Object.keys(search).length > 0
  return (
    <Page
      title="Exceptions"
      sentence="Records that were set aside because they could not be used or were refused. Their neighbours went on."
    >
      <search className={classes.filters} aria-label="Filter exceptions">
        <Select
          label="State"
          placeholder="All states"
          data={EXCEPTION_STATES.map((state) => ({ value: state, label: EXCEPTION_WORDS[state].word }))}
          value={search.state ?? null}
          clearable
          clearButtonProps={{ 'aria-label': 'All states' }}
          onChange={(value) => {
            const state = EXCEPTION_STATES.find((one) => one === value)
            void navigate({ search: ({ state: _, ...rest }) => (state === undefined ? rest : { ...rest, state }) })
          }}
        />
        <Select
          label="For"
          placeholder="All desks"
          data={DESKS.map((desk) => ({ value: desk, label: DESK_WORDS[desk] }))}
          value={search.desk ?? null}
          clearable
          clearButtonProps={{ 'aria-label': 'All desks' }}
          onChange={(value) => {
            const desk = DESKS.find((one) => one === value)
            void navigate({ search: ({ desk: _, ...rest }) => (desk === undefined ? rest : { ...rest, desk }) })
          }}
        />
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
      </search>
      {search.run ? (
        <p>
          Only those of one run.{' '}
          <Link from="/w/$workspace/exceptions" to="." search={({ run: _, ...rest }) => rest}>
            Show those of all runs
          </Link>
        </p>
      ) : null}
      <Loaded query={exceptions}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.items)
          if (rows.length > 0) {
            return (
              <ExceptionTable
                workspace={workspace}
                rows={rows}
                more={
                  exceptions.hasNextPage
                    ? { load: () => void exceptions.fetchNextPage(), loading: exceptions.isFetchingNextPage }
                    : undefined
                }
              />
            )
          }
          return filtered ? (
            <EmptyState
              title="No exception fits these filters"
              action={
                <Button variant="default" onClick={() => navigate({ search: {} })}>
                  Show all exceptions
                </Button>
              }
            />
          ) : (
            <EmptyState title="Nothing is waiting for you">No record has been set aside.</EmptyState>
          )
        }}
      </Loaded>
    </Page>
  )
}
