import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { FleetRow } from '../../server/contract/fleet.ts'
import { type ClientSort, inOrder, orderOf } from '../client/order.ts'
import { countOf, sayCount } from '../format/number.ts'
import { ButtonLink } from '../parts/ButtonLink.tsx'
import { type Column, DataTable, RowLink } from '../parts/DataTable.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { FilterSelect, Filters } from '../parts/Filters.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { SearchField } from '../parts/SearchField.tsx'
import { StateBadge } from '../parts/StateBadge.tsx'
import { When } from '../parts/When.tsx'
import { fleetQuery } from '../queries.ts'
import { FLEET_SORTS, FLEET_STATES } from '../search.ts'
import { homeOf } from '../shell/home-of.ts'
import { Page } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'
import type { Worded } from '../words.ts'

const route = getRouteApi('/w/$workspace/clients')

const WORDS: { readonly [state in FleetRow['state']]: Worded } = {
  red: { tone: 'failed', word: 'Stopped' },
  amber: { tone: 'partly', word: 'Waits for a person' },
  green: { tone: 'ok', word: 'Working' },
  off: { tone: 'off', word: 'Off' },
}

const ORDER_WORDS: { readonly [by in ClientSort]: string } = {
  name: 'Name',
  state: 'State',
  exceptions: 'Most exceptions',
  last: 'Last run',
}

const COLUMNS: readonly Column<FleetRow>[] = [
  {
    id: 'name',
    title: 'Client',
    sorts: true,
    cell: (one) => (
      <RowLink to={homeOf(one.role)} params={{ workspace: one.workspace }}>
        {one.name}
      </RowLink>
    ),
  },
  { id: 'state', title: 'State', sorts: true, cell: (one) => <StateBadge {...WORDS[one.state]} /> },
  { id: 'why', title: 'Why', grow: true, cell: (one) => one.sentence },
  { id: 'on', title: 'Flows on', align: 'end', cell: (one) => `${sayCount(one.on)} of ${sayCount(one.flows)}` },
  {
    id: 'runs',
    title: 'Failed, 24 h',
    align: 'end',
    cell: (one) => (one.runs === 0 ? 'No run' : `${sayCount(one.failed)} of ${countOf(one.runs, 'run')}`),
  },
  {
    id: 'exceptions',
    title: 'Exceptions',
    sorts: true,
    align: 'end',
    cell: (one) =>
      one.exceptions === 0 ? (
        '0'
      ) : (
        <Link to="/w/$workspace/exceptions" params={{ workspace: one.workspace }} search={{ state: 'open' }}>
          {one.exceptions >= 1000 ? '1,000 or more' : sayCount(one.exceptions)}
        </Link>
      ),
  },
  {
    id: 'last',
    title: 'Last run',
    sorts: true,
    wideOnly: true,
    cell: (one) => <When at={one.lastRunAt} empty="None in 24 h" />,
  },
]

/** All workspaces of whoever looks, those where something has stopped first. */
export function Clients() {
  const { state, find = '', sort, turned } = route.useSearch()
  const { workspace } = route.useParams()
  const { may } = useRights(workspace)
  const navigate = route.useNavigate()
  const fleet = useQuery(fleetQuery)
  const red = fleet.data?.items.filter((one) => one.state === 'red').length ?? 0
  const total = fleet.data?.items.length ?? 0
  const orderBy = (by: ClientSort | undefined, turn: boolean): void =>
    void navigate({
      search: ({ sort: _sort, turned: _turned, ...rest }) => ({
        ...rest,
        ...(by ? { sort: by } : {}),
        ...(by && turn ? { turned: 'yes' as const } : {}),
      }),
      ...{ replace: true, resetScroll: false },
    })
  return (
    <Page
      title="Clients"
      sentence={
        fleet.data === undefined
          ? null
          : red === 0
            ? `Nothing has stopped in ${total === 1 ? 'your workspace' : `your ${total} workspaces`}.`
            : `Something has stopped at ${red} of ${countOf(total, 'client')}.`
      }
      actions={
        may('operations.read') ? (
          <ButtonLink variant="default" to="/w/$workspace/causes" params={{ workspace }}>
            By cause
          </ButtonLink>
        ) : null
      }
    >
      <Filters label="Filter clients">
        {total > 8 || find !== '' ? (
          <SearchField
            label="Find a client by name"
            placeholder="Find a client"
            value={find}
            onChange={(next) =>
              navigate({
                search: ({ find: _, ...rest }) => (next === '' ? rest : { ...rest, find: next }),
                ...{ replace: true, resetScroll: false },
              })
            }
          />
        ) : null}
        <FilterSelect
          label="State"
          all="All states"
          options={FLEET_STATES.map((one) => ({ value: one, label: WORDS[one].word }))}
          value={state}
          onChange={(one) => navigate({ search: ({ state: _, ...rest }) => (one ? { ...rest, state: one } : rest) })}
        />
        <FilterSelect
          label="Order"
          all="Gravest first"
          options={FLEET_SORTS.map((one) => ({ value: one, label: ORDER_WORDS[one] }))}
          value={sort}
          onChange={(by) => orderBy(by, false)}
        />
      </Filters>
      <Loaded query={fleet}>
        {({ items, shut }) => {
          const sought = find.trim().toLowerCase()
          const rows = items.filter(
            (one) => (state === undefined || one.state === state) && one.name.toLowerCase().includes(sought),
          )
          return rows.length === 0 ? (
            <EmptyState
              title={
                sought !== ''
                  ? `No client that fits is called “${find}”`
                  : state === undefined
                    ? 'You are in no workspace'
                    : 'No client is in this state'
              }
            />
          ) : (
            <>
              <DataTable
                label="Clients"
                columns={COLUMNS}
                rows={inOrder(rows, sort, turned === 'yes')}
                rowKey={(one) => one.workspace}
                sort={{
                  by: sort,
                  order: sort === undefined ? 'ascending' : orderOf(sort, turned === 'yes'),
                  onSort: (id) => {
                    const by = FLEET_SORTS.find((one) => one === id)
                    orderBy(by, by === sort && turned !== 'yes')
                  },
                }}
              />
              {shut.length > 0 ? (
                <p className="muted">
                  Not shown, as they ask for another way of signing in: {shut.map(({ name }) => name).join(', ')}.
                </p>
              ) : null}
            </>
          )
        }}
      </Loaded>
    </Page>
  )
}
