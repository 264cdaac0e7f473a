import { Button, Radio, Select, Stack, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import type { ConnectorView, LoginView } from '../../server/contract/catalog.ts'
import * as api from '../api.ts'
import { problemsByField } from '../connection/problems-by-field.ts'
import { fieldsOf, read, type Typed, typedFrom } from '../form/schema.ts'
import { SchemaForm } from '../form/SchemaForm.tsx'
import { Banner } from '../parts/Banner.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { sayError } from '../parts/say-error.ts'
import { catalogQuery } from '../queries.ts'
import { Card, Page } from '../shell/Page.tsx'

const route = getRouteApi('/w/$workspace/connections/new')

export function NewConnection() {
  const { workspace } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const catalog = useQuery(catalogQuery)
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
  const settings = fieldsOf(connector.settings)
  const secrets = fieldsOf(login.secrets)
  const [name, setName] = useState(connector.title)
  const [typed, setTyped] = useState<Typed>(() => typedFrom(settings, {}))
  const [typedSecrets, setTypedSecrets] = useState<Typed>(() => typedFrom(secrets, {}))
  const [mistakes, setMistakes] = useState<{ readonly [field: string]: string }>({})
  const create = useMutation({
    mutationFn: (body: Parameters<typeof api.createConnection>[1]) => api.createConnection(workspace, body),
    onSuccess: async (connection) => {
      void client.invalidateQueries({ queryKey: [workspace, 'connections'] })
      await navigate({
        to: '/w/$workspace/connections/$connection',
        params: { workspace, connection: connection.id },
        replace: true,
      })
    },
  })
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    const plain = read(settings, typed)
    const sealed = read(secrets, typedSecrets)
    setMistakes({ ...(plain.ok ? {} : plain.mistakes), ...(sealed.ok ? {} : sealed.mistakes) })
    if (!plain.ok || !sealed.ok) return
    const texts = Object.fromEntries(Object.entries(sealed.values).map(([field, value]) => [field, String(value)]))
    create.mutate({
      connector: connector.name,
      name: name.trim(),
      login: login.name,
      settings: plain.values,
      secrets: texts,
    })
  }
  const said = create.error ? sayError(create.error) : undefined
  return (
    // Checked by `read`, which says what is missing in words; the browser's own bubbles would come first otherwise.
    <form onSubmit={submit} noValidate>
      <Card>
        <TextInput
          label="Name"
          description="How people of this workspace call this account."
          required
          maxLength={200}
          error={name.trim() === '' ? 'A name is needed.' : undefined}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <SchemaForm
          fields={settings}
          typed={typed}
          onChange={setTyped}
          mistakes={{
            ...mistakes,
            ...problemsByField(
              create.error,
              'settings',
              settings.map((field) => field.name),
            ),
          }}
        />
        {secrets.length > 0 ? <p className="muted">What follows is stored encrypted and never shown again.</p> : null}
        <SchemaForm
          fields={secrets}
          typed={typedSecrets}
          onChange={setTypedSecrets}
          mistakes={{
            ...mistakes,
            ...problemsByField(
              create.error,
              'secrets',
              secrets.map((field) => field.name),
            ),
          }}
          secret="new"
        />
        {said ? (
          <Banner tone="failed" title={said.title} live>
            <p>{said.detail}</p>
          </Banner>
        ) : null}
        <div>
          <Button type="submit" loading={create.isPending} disabled={name.trim() === ''}>
            Create connection
          </Button>
        </div>
        <p className="muted">
          {login.browser
            ? `Then you sign in at ${connector.title} and choose the organisation.`
            : 'Then it is tested: nothing is written in the other system.'}
        </p>
      </Card>
    </form>
  )
}
