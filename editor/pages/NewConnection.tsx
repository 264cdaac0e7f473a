import { Radio, Select, Stack } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ConnectorView, LoginView } from '../../server/contract/catalog.ts'
import { OAUTH_CALLBACK } from '../../server/contract/paths.ts'
import * as api from '../api.ts'
import { ConnectionForm, type Entered } from '../connection/ConnectionForm.tsx'
import { fieldsOf } from '../form/schema.ts'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Key } from '../parts/Key.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { catalogQuery, sessionQuery } from '../queries.ts'
import { Page } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'

const route = getRouteApi('/w/$workspace/connections/new')

export function NewConnection() {
  const { workspace } = route.useParams()
  const { may, closing } = useRights(workspace)
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const catalog = useQuery(catalogQuery)
  const session = useQuery(sessionQuery)
  const mayNot = session.data !== undefined && !may('connections.manage')
  return (
    <Page
      title="New connection"
      reading
      above={
        <Link to="/w/$workspace/connections" params={{ workspace }}>
          Connections
        </Link>
      }
    >
      <Loaded query={catalog} rows={4}>
        {({ connectors }) => {
          if (mayNot)
            return (
              <EmptyState
                title={closing ? 'No connection is made here any more' : 'Your role makes no connections'}
                action={
                  <Link to="/w/$workspace/connections" params={{ workspace }}>
                    See those there are
                  </Link>
                }
              >
                {closing ? 'The workspace is being closed.' : 'Owners and consultants of the workspace do.'}
              </EmptyState>
            )
          const connector = connectors.find((one) => one.name === search.connector)
          const login = connector?.logins.find((one) => one.name === search.login) ?? connector?.logins[0]
          if (connectors.length === 0) return <EmptyState title="This installation has no connectors" />
          return (
            <>
              <Select
                label="System"
                placeholder="Choose a system"
                data={connectors.map((one) => ({ value: one.name, label: one.title }))}
                value={connector?.name ?? null}
                onChange={(name) => navigate({ search: name === null ? {} : { connector: name }, replace: true })}
              />
              {connector ? <p className="muted">{connector.summary}</p> : null}
              {connector && connector.logins.length > 1 ? (
                <Radio.Group
                  label="How to sign in"
                  value={login?.name ?? null}
                  onChange={(name) => navigate({ search: { connector: connector.name, login: name }, replace: true })}
                >
                  <Stack gap="xs" mt="xs">
                    {connector.logins.map((one) => (
                      <Radio key={one.name} value={one.name} label={one.title} description={one.notice} />
                    ))}
                  </Stack>
                </Radio.Group>
              ) : null}
              {connector && login ? (
                <Create
                  key={`${connector.name} ${login.name}`}
                  workspace={workspace}
                  connector={connector}
                  login={login}
                />
              ) : null}
            </>
          )
        }}
      </Loaded>
    </Page>
  )
}

function Create({ workspace, connector, login }: { workspace: string; connector: ConnectorView; login: LoginView }) {
  const navigate = route.useNavigate()
  const client = useQueryClient()
  const create = useMutation({
    mutationFn: (entered: Entered) =>
      api.createConnection(workspace, { connector: connector.name, login: login.name, ...entered }),
    onSuccess: async (connection) => {
      void client.invalidateQueries({ queryKey: [workspace, 'connections'] })
      await navigate({
        to: '/w/$workspace/connections/$connection',
        params: { workspace, connection: connection.id },
        replace: true,
      })
    },
  })
  return (
    <ConnectionForm
      name={connector.title}
      nameNote="What people of this workspace call this account."
      settings={fieldsOf(connector.settings)}
      values={{}}
      secrets={fieldsOf(login.secrets)}
      secret="new"
      verb="Create connection"
      note={
        login.browser ? (
          <>
            Then you sign in at {connector.title} and choose the organisation. The app there has to have this redirect
            address, letter for letter:{' '}
            <Key value={`${window.location.origin}${OAUTH_CALLBACK}`} label="redirect address" />
          </>
        ) : (
          'Then it is tested: nothing is written in the other system.'
        )
      }
      busy={create.isPending}
      error={create.error}
      onSubmit={(entered) => create.mutate(entered)}
    />
  )
}
