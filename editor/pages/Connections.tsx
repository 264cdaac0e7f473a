import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ConnectionView } from '../../server/contract/connections.ts'
import { endsSoon } from '../connection/ends.ts'
import { LastUse } from '../connection/LastUse.tsx'
import { sayCount } from '../format/number.ts'
import { sayDay } from '../format/time.ts'
import { Banner } from '../parts/Banner.tsx'
import { ButtonLink } from '../parts/ButtonLink.tsx'
import { type Column, DataTable, RowLink } from '../parts/DataTable.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { StateBadge } from '../parts/StateBadge.tsx'
import { When } from '../parts/When.tsx'
import { catalogQuery, connectionsQuery } from '../queries.ts'
import { Page } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'
import { sayConnection } from '../words.ts'

const route = getRouteApi('/w/$workspace/connections')

export function Connections() {
  const { workspace } = route.useParams()
  const { refused } = route.useSearch()
  const { may } = useRights(workspace)
  const connections = useQuery(connectionsQuery(workspace))
  const catalog = useQuery(catalogQuery)
  const titleOf = (name: string): string => catalog.data?.connectors.find((one) => one.name === name)?.title ?? name
  const columns: readonly Column<ConnectionView>[] = [
    {
      id: 'name',
      title: 'Connection',
      grow: true,
      cell: (one) => (
        <RowLink to="/w/$workspace/connections/$connection" params={{ workspace, connection: one.id }}>
          {one.name}
        </RowLink>
      ),
    },
    { id: 'system', title: 'System', cell: (one) => titleOf(one.connector) },
    {
      id: 'state',
      title: 'State',
      cell: (one) =>
        one.turnsOffOn !== null ? (
          <StateBadge tone="partly" word={`Turned off on ${sayDay(one.turnsOffOn)}`} />
        ) : one.state === 'ready' && one.findings?.every(({ ok }) => ok) !== false && one.ends && endsSoon(one) ? (
          <StateBadge tone="partly" word={`Ends ${sayDay(one.ends.on)}`} />
        ) : (
          <StateBadge {...sayConnection(one)} />
        ),
    },
    {
      id: 'used',
      wrap: true,
      title: 'Used by',
      cell: (one) =>
        one.usedBy.length === 0 ? (
          <span className="muted">No flow</span>
        ) : (
          one.usedBy.map((flow) => flow.name).join(', ')
        ),
    },
    { id: 'calls', title: 'Calls today', align: 'end', wideOnly: true, cell: (one) => sayCalls(one.budget) },
    { id: 'last-use', title: 'Last use', wideOnly: true, cell: (one) => <LastUse connection={one} /> },
    { id: 'tested', title: 'Last test', cell: (one) => <When at={one.testedAt} empty="Never" /> },
  ]
  const add = may('connections.manage') ? (
    <ButtonLink to="/w/$workspace/connections/new" params={{ workspace }}>
      New connection
    </ButtonLink>
  ) : null
  return (
    <Page
      title="Connections"
      sentence={connections.data ? sayConnections(connections.data.items) : null}
      // Here from the first paint, whatever is listed: it may be pressed when that comes.
      actions={add}
    >
      {refused ? (
        <Banner tone="failed" title="Nobody was signed in at the other system" live>
          <p>
            The answer of its sign-in page was used before, came after more than ten minutes, or belongs to a session
            that has ended. Nothing of it was kept. Open the connection and sign in once more, all of it in this
            browser.
          </p>
        </Banner>
      ) : null}
      <Loaded query={connections}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState
              title="No connections yet"
              action={
                add ? null : (
                  <Link to="/w/$workspace/flows" params={{ workspace }}>
                    To the flows
                  </Link>
                )
              }
            >
              Connect Xero and Emarsys once; every flow of this workspace can then use them.
            </EmptyState>
          ) : (
            <DataTable label="Connections" columns={columns} rows={items} rowKey={(one) => one.id} />
          )
        }
      </Loaded>
    </Page>
  )
}

const FAILED = ['Test failed', 'Works in part']

/** “1 of 4 needs a sign-in, 1 ends soon.” */
function sayConnections(items: readonly ConnectionView[]): string {
  if (items.length === 0) return 'Accounts of other systems that the flows of this workspace use.'
  const out = items.filter(({ state }) => state === 'sign-in-needed').length
  const ending = items.filter((one) => one.state !== 'sign-in-needed' && endsSoon(one)).length
  const failing = items.filter((one) => FAILED.includes(sayConnection(one).word)).length
  const untested = items.filter(({ state, testedAt }) => state === 'new' && testedAt === null).length
  const parts = [
    ...(out > 0 ? [`${sayCount(out)} of ${sayCount(items.length)} ${out === 1 ? 'needs' : 'need'} a sign-in`] : []),
    ...(ending > 0 ? [`${sayCount(ending)} ${ending === 1 ? 'ends' : 'end'} soon`] : []),
    ...(failing > 0
      ? [`${sayCount(failing)} failed ${failing === 1 ? 'its' : 'their'} last test, or a part of it`]
      : []),
    ...(untested > 0 ? [`${sayCount(untested)} ${untested === 1 ? 'is' : 'are'} not tested yet`] : []),
  ]
  if (parts.length > 0) return `${parts.join(', ')}.`
  return items.length === 1 ? 'It is ready.' : `All ${sayCount(items.length)} are ready.`
}

/** “1,688 of 5,000”; of the last 24 hours. */
const sayCalls = (budget: ConnectionView['budget']): string =>
  budget === null || budget.usedDay === null
    ? '—'
    : `${sayCount(budget.usedDay)}${budget.perDay === null ? '' : ` of ${sayCount(budget.perDay)}`}`
