import { Button, Stack } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { LoginView } from '../../server/contract/catalog.ts'
import type { ConnectionView } from '../../server/contract/connections.ts'
import * as api from '../api.ts'
import { SchemaForm } from '../form/SchemaForm.tsx'
import { fieldsOf, read, type Typed, typedFrom } from '../form/schema.ts'
import { Card, Section } from '../shell/Page.tsx'
import { problemsByField } from './problems-by-field.ts'
import { Failure } from '../parts/Failure.tsx'

/** For whoever owns the account and manages nothing here: new keys, and nothing else. */
export function RenewKeys(props: { workspace: string; connection: ConnectionView; login: LoginView; system: string }) {
  const { workspace, connection, login } = props
  const client = useQueryClient()
  const fields = fieldsOf(login.secrets).map((field) => ({
    ...field,
    required: field.required && !connection.secretsSet.includes(field.name),
  }))
  const [typed, setTyped] = useState<Typed>(() => typedFrom(fields, {}))
  const [mistakes, setMistakes] = useState<{ readonly [field: string]: string }>({})
  const renew = useMutation({
    mutationFn: (secrets: { readonly [name: string]: string }) =>
      api.changeConnection(workspace, connection.id, { secrets }),
    onSuccess: async () => {
      setTyped(typedFrom(fields, {}))
      notifications.show({ message: 'Kept. Your team tests it, or the next run does.' })
      await client.invalidateQueries({ queryKey: [workspace] })
    },
  })
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    const entered = read(fields, typed)
    setMistakes(entered.ok ? {} : entered.mistakes)
    if (!entered.ok) return
    const secrets = Object.entries(entered.values).map(([name, value]) => [name, String(value)])
    if (secrets.length > 0) renew.mutate(Object.fromEntries(secrets))
  }
  const refused = problemsByField(
    renew.error,
    'secrets',
    fields.map((field) => field.name),
  )
  return (
    <Section
      title="Enter the keys anew"
      note={`They have to be of the same account at ${props.system}. What you leave empty stays as it is.`}
    >
      <Card>
        <form onSubmit={submit} noValidate>
          <Stack gap="md">
            <SchemaForm
              fields={fields}
              typed={typed}
              mistakes={{ ...mistakes, ...refused }}
              onChange={setTyped}
              secret="kept"
            />
            <Failure error={renew.error} />
            <div>
              <Button type="submit" loading={renew.isPending}>
                Keep the new keys
              </Button>
            </div>
          </Stack>
        </form>
      </Card>
    </Section>
  )
}
