import { Button } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { LoginView } from '../../server/contract/catalog.ts'
import type { ConnectionView } from '../../server/contract/connections.ts'
import * as api from '../api.ts'
import { ChangeMaxRuns } from '../connection/ChangeMaxRuns.tsx'
import { ChangeEnd } from '../connection/ChangeEnd.tsx'
import { ChooseAccount } from '../connection/ChooseAccount.tsx'
import { EditConnection } from '../connection/EditConnection.tsx'
import { EndConnection } from '../connection/EndConnection.tsx'
import { isRenewable } from '../connection/ends.ts'
import { EndsBanner } from '../connection/EndsBanner.tsx'
import { Findings } from '../connection/Findings.tsx'
import { LastUse } from '../connection/LastUse.tsx'
import { OffBanner } from '../connection/OffBanner.tsx'
import { Needs } from '../connection/Needs.tsx'
import { RenewKeys } from '../connection/RenewKeys.tsx'
import { SignInRefused } from '../connection/SignInRefused.tsx'
import { fieldsOf } from '../form/schema.ts'
import { sayCount } from '../format/number.ts'
import { wordsOf } from '../format/words-of.ts'
import { sayDay, sayExactly } from '../format/time.ts'
import { Banner } from '../parts/Banner.tsx'
import { Fact, Facts } from '../parts/Facts.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Failure } from '../parts/Failure.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { StateBadge } from '../parts/StateBadge.tsx'
import { When } from '../parts/When.tsx'
import { catalogQuery, connectionQuery } from '../queries.ts'
import { Page, Section } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'
import { sayConnection } from '../words.ts'
import classes from './Flow.module.css'

const route = getRouteApi('/w/$workspace/connections/$connection')

export function Connection() {
  const { workspace, connection: id } = route.useParams()
  const connection = useQuery(connectionQuery(workspace, id))
  const catalog = useQuery(catalogQuery)
  const connector = catalog.data?.connectors.find((one) => one.name === connection.data?.connector)
  const login = connector?.logins.find((one) => one.name === connection.data?.login)
  const data = connection.data
  return (
    <Page
      title={data?.name ?? 'Connection'}
      above={
        <Link to="/w/$workspace/connections" params={{ workspace }}>
          Connections
        </Link>
      }
      beside={data ? <StateBadge {...sayConnection(data)} /> : null}
      sentence={data ? `${connector?.title ?? data.connector}, ${login?.title ?? data.login}` : null}
    >
      <Loaded query={connection}>
        {(shown) => (
          <>
            <State
              workspace={workspace}
              connection={shown}
              login={login}
              system={connector?.title ?? shown.connector}
            />
            {shown.chooses ? (
              <Choose workspace={workspace} connection={shown} system={connector?.title ?? shown.connector} />
            ) : null}
            <Needs
              workspace={workspace}
              connection={shown.id}
              system={connector?.title ?? shown.connector}
              browser={login?.browser ?? false}
            />
            <Account workspace={workspace} connection={shown} />
            <Edit workspace={workspace} connection={shown} />
          </>
        )}
      </Loaded>
    </Page>
  )
}

/** Whoever may not choose hears from the state of the connection what it waits for. */
function Choose(props: { workspace: string; connection: ConnectionView; system: string }) {
  return useRights(props.workspace).may('connections.manage') ? <ChooseAccount {...props} /> : null
}

function State(props: { workspace: string; connection: ConnectionView; login: LoginView | undefined; system: string }) {
  const { workspace, connection, login } = props
  const { error: refused, signedIn } = route.useSearch()
  const organisation = connection.settings.organisation
  const client = useQueryClient()
  const { may } = useRights(workspace)
  const test = useMutation({
    mutationFn: () => api.testConnection(workspace, connection.id),
    onSuccess: (result) => {
      client.setQueryData(connectionQuery(workspace, connection.id).queryKey, result.connection)
      return client.invalidateQueries({ queryKey: [workspace, 'connections'] })
    },
  })
  const signIn = useMutation({
    mutationFn: () => api.authorize(workspace, connection.id),
    onSuccess: ({ url }) => window.location.assign(url),
  })
  const failed = test.error ?? signIn.error
  const renews = may('connections.renew') && isRenewable(connection)
  return (
    <Section
      title="Test"
      note={
        connection.testedAt ? (
          <>
            Last tested <When at={connection.testedAt} />
          </>
        ) : (
          'Not tested yet. A test reads a little and writes nothing.'
        )
      }
      actions={
        <div className={classes.buttons}>
          {connection.offSince === null && login?.browser && (may('connections.manage') || renews) ? (
            <Button
              variant={
                connection.signedIn && (connection.state !== 'sign-in-needed' || connection.chooses)
                  ? 'default'
                  : 'filled'
              }
              onClick={() => signIn.mutate()}
              loading={signIn.isPending || signIn.isSuccess}
            >
              {connection.signedIn ? `Sign in at ${props.system} again` : `Sign in at ${props.system}`}
            </Button>
          ) : null}
          {connection.offSince === null && may('connections.test') ? (
            <Button variant="default" onClick={() => test.mutate()} loading={test.isPending}>
              Test connection
            </Button>
          ) : null}
        </div>
      }
    >
      {refused ? <SignInRefused failure={refused} connection={connection} system={props.system} /> : null}
      {signedIn && connection.signedIn && connection.state !== 'sign-in-needed' ? (
        <Banner
          tone="ok"
          title={
            typeof organisation === 'string' && organisation !== ''
              ? `Signed in to “${organisation}”`
              : `Signed in at ${props.system}`
          }
          live
        >
          <p>
            Is that the right one? From now on the connection stays with it: a sign-in to another one is refused. If it
            is not, remove the connection and make a new one.
          </p>
        </Banner>
      ) : null}
      {connection.state === 'sign-in-needed' && connection.chooses ? (
        <Banner tone="attention" title="Signed in; one choice is left" live>
          <p>{connection.stateMessage}</p>
        </Banner>
      ) : null}
      {connection.state === 'sign-in-needed' && !connection.chooses ? (
        <Banner tone="attention" title="It needs a sign-in">
          <p>
            {connection.stateMessage ??
              'The other system no longer accepts the stored login. Flows that use it wait; nothing is lost.'}
          </p>
        </Banner>
      ) : null}
      <OffBanner workspace={workspace} connection={connection} />
      {connection.offSince === null ? <EndsBanner connection={connection} /> : null}
      <Failure error={failed} />
      {connection.findings ? <Findings findings={connection.findings} /> : null}
    </Section>
  )
}

function Account({ workspace, connection }: { workspace: string; connection: ConnectionView }) {
  const catalog = useQuery(catalogQuery)
  const connector = catalog.data?.connectors.find((one) => one.name === connection.connector)
  const login = connector?.logins.find((one) => one.name === connection.login)
  const titles = new Map(
    [connector?.settings, login?.secrets].flatMap((schema) =>
      schema ? fieldsOf(schema).map((field) => [field.name, field.title] as const) : [],
    ),
  )
  const sayName = (name: string): string => titles.get(name) ?? wordsOf(name)
  const { may } = useRights(workspace)
  // Whose it is comes first, by name.
  const { organisation, ...rest } = { ...connection.settings, ...connection.pinned }
  const facts = Object.entries({
    ...(organisation === undefined || organisation === '' ? {} : { organisation }),
    ...rest,
  })
  return (
    <Section
      title="Account"
      actions={
        may('connections.manage') ? (
          <div className={classes.buttons}>
            <ChangeEnd workspace={workspace} connection={connection} />
            <ChangeMaxRuns workspace={workspace} connection={connection} />
          </div>
        ) : null
      }
    >
      <Facts>
        {facts.map(([name, value]) => (
          <Fact key={name} term={sayName(name)}>
            {sayValue(value)}
          </Fact>
        ))}
        <Fact term="Secrets stored">
          {connection.secretsSet.length === 0 ? 'None' : connection.secretsSet.map(sayName).join(', ')}
        </Fact>
        <Fact term="Used by">
          {connection.usedBy.length === 0 ? (
            <>
              No flow yet
              {may('flows.edit') && connection.state === 'ready' ? (
                <>
                  .{' '}
                  <Link to="/w/$workspace/templates" params={{ workspace }}>
                    Set up a prebuilt one
                  </Link>
                </>
              ) : null}
            </>
          ) : (
            connection.usedBy.map((flow, place) => (
              <span key={flow.id}>
                {place > 0 ? ', ' : ''}
                <Link to="/w/$workspace/flows/$flow" params={{ workspace, flow: flow.id }}>
                  {flow.name}
                </Link>
              </span>
            ))
          )}
        </Fact>
        <Fact term="Last use">
          <LastUse connection={connection} remedy />
        </Fact>
        {connection.ends ? <Fact term="Its sign-in ends">{sayDay(connection.ends.on)}</Fact> : null}
        <Fact term="Runs at a time">
          {connection.maxRuns === null ? 'As many as come' : `${sayCount(connection.maxRuns)} at most`}
        </Fact>
        {connection.budget ? <Fact term="Calls used">{sayBudget(connection.budget)}</Fact> : null}
        <Fact term="What may have arrived">
          <Link to="/w/$workspace/unknown" params={{ workspace }} search={{ connection: connection.id }}>
            Items in doubt
          </Link>
        </Fact>
      </Facts>
    </Section>
  )
}

/** A setting as a person reads it: lists one after the other, counts in groups. */
function sayValue(value: unknown): string {
  if (Array.isArray(value)) return value.map(sayValue).join(', ') || 'None'
  if (typeof value === 'boolean') return value ? 'Yes' : 'No'
  if (typeof value === 'number') return sayCount(value)
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** “12 of 60 this minute, 1,688 of 5,000 in 24 hours”. */
function sayBudget(budget: NonNullable<ConnectionView['budget']>): string {
  const of = (used: number | null, most: number | null): string =>
    most === null ? sayCount(used ?? 0) : `${sayCount(used ?? 0)} of ${sayCount(most)}`
  return [
    `${of(budget.usedMinute, budget.perMinute)} this minute`,
    ...(budget.usedDay === null && budget.perDay === null ? [] : [`${of(budget.usedDay, budget.perDay)} in 24 hours`]),
    ...(budget.pausedUntil ? [`it asked to be left alone until ${sayExactly(new Date(budget.pausedUntil))}`] : []),
  ].join(', ')
}

function Edit({ workspace, connection }: { workspace: string; connection: ConnectionView }) {
  const { may } = useRights(workspace)
  const catalog = useQuery(catalogQuery)
  if (!may('connections.manage')) {
    const connector = catalog.data?.connectors.find((one) => one.name === connection.connector)
    const login = connector?.logins.find((one) => one.name === connection.login)
    if (!connector || !login || login.browser || !may('connections.renew') || !isRenewable(connection)) return null
    return <RenewKeys workspace={workspace} connection={connection} login={login} system={connector.title} />
  }
  return (
    <>
      <Section title="Change">
        <Loaded query={catalog} rows={3}>
          {({ connectors }) => {
            const connector = connectors.find((one) => one.name === connection.connector)
            const login = connector?.logins.find((one) => one.name === connection.login)
            return connector && login ? (
              <EditConnection workspace={workspace} connection={connection} connector={connector} login={login} />
            ) : (
              <EmptyState title={`This installation no longer has the connector “${connection.connector}”`} />
            )
          }}
        </Loaded>
      </Section>
      <EndConnection workspace={workspace} connection={connection} />
    </>
  )
}
