import { Button, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { ConnectorView, LoginView } from '../../server/contract/catalog.ts'
import type { ConnectionView } from '../../server/contract/connections.ts'
import * as api from '../api.ts'
import { fieldsOf, read, type Typed, typedFrom } from '../form/schema.ts'
import { SchemaForm } from '../form/SchemaForm.tsx'
import { Banner } from '../parts/Banner.tsx'
import { sayError } from '../parts/say-error.ts'
import { Card } from '../shell/Page.tsx'
import { problemsByField } from './problems-by-field.ts'

/** Name, settings and new secrets of a connection. Secrets that are left empty stay as they are stored. */
export function EditConnection(props: {
  workspace: string
  connection: ConnectionView
  connector: ConnectorView
  login: LoginView
}) {
  const { workspace, connection, connector, login } = props
  const client = useQueryClient()
  const settings = fieldsOf(connector.settings)
  // A stored secret need not be typed again.
  const secrets = fieldsOf(login.secrets).map((field) => ({
    ...field,
    required: field.required && !connection.secretsSet.includes(field.name),
  }))
  const [name, setName] = useState(connection.name)
  const [typed, setTyped] = useState<Typed>(() => typedFrom(settings, connection.settings))
  const [typedSecrets, setTypedSecrets] = useState<Typed>(() => typedFrom(secrets, {}))
  const [mistakes, setMistakes] = useState<{ readonly [field: string]: string }>({})
  const change = useMutation({
    mutationFn: (body: Parameters<typeof api.changeConnection>[2]) =>
      api.changeConnection(workspace, connection.id, body),
    onSuccess: async () => {
      notifications.show({ message: 'Saved. Test the connection to see that it works.' })
      await client.invalidateQueries({ queryKey: [workspace, 'connections'] })
    },
  })
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    const plain = read(settings, typed)
    const sealed = read(secrets, typedSecrets)
    setMistakes({ ...(plain.ok ? {} : plain.mistakes), ...(sealed.ok ? {} : sealed.mistakes) })
    if (!plain.ok || !sealed.ok) return
    const texts = Object.fromEntries(Object.entries(sealed.values).map(([field, value]) => [field, String(value)]))
    change.mutate({
      name: name.trim(),
      // Settings are replaced as a whole; those learnt from the remote are not in the form and go back as they are.
      settings: { ...connection.settings, ...plain.values },
      ...(Object.keys(texts).length > 0 ? { secrets: texts } : {}),
    })
  }
  const said = change.error ? sayError(change.error) : undefined
  return (
    <form onSubmit={submit} noValidate>
      <Card>
        <TextInput
          label="Name"
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
              change.error,
              'settings',
              settings.map((field) => field.name),
            ),
          }}
        />
        <SchemaForm
          fields={secrets}
          typed={typedSecrets}
          onChange={setTypedSecrets}
          mistakes={{
            ...mistakes,
            ...problemsByField(
              change.error,
              'secrets',
              secrets.map((field) => field.name),
            ),
          }}
          secret="kept"
        />
        {said ? (
          <Banner tone="failed" title={said.title} live>
            <p>{said.detail}</p>
          </Banner>
        ) : null}
        <div>
          <Button type="submit" loading={change.isPending} disabled={name.trim() === ''}>
            Save changes
          </Button>
        </div>
      </Card>
    </form>
  )
}
