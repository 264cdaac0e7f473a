import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { ConnectorView, LoginView } from '../../server/contract/catalog.ts'
import type { ConnectionView } from '../../server/contract/connections.ts'
import * as api from '../api.ts'
import { fieldsOf } from '../form/schema.ts'
import { connectionQuery } from '../queries.ts'
import { ConnectionForm, type Entered } from './ConnectionForm.tsx'

/** Name, settings and new secrets of a connection. Secrets that are left empty stay as they are stored. */
export function EditConnection(props: {
  workspace: string
  connection: ConnectionView
  connector: ConnectorView
  login: LoginView
}) {
  const { workspace, connection, connector, login } = props
  const client = useQueryClient()
  const [saves, setSaves] = useState(0)
  const change = useMutation({
    mutationFn: ({ name, settings, secrets }: Entered) =>
      api.changeConnection(workspace, connection.id, {
        name,
        // Settings are replaced as a whole; those learnt from the remote are not in the form and go back as they are.
        settings: { ...connection.settings, ...settings },
        ...(Object.keys(secrets).length > 0 ? { secrets } : {}),
      }),
    onSuccess: async (saved) => {
      client.setQueryData(connectionQuery(workspace, connection.id).queryKey, saved)
      setSaves((before) => before + 1)
      notifications.show({ message: 'Saved. Test the connection to see that it works.' })
      await client.invalidateQueries({ queryKey: [workspace, 'connections'] })
    },
  })
  return (
    <ConnectionForm
      // Begins anew when it was saved, or when what it shows is no more what is kept. A test, or a token that a run renews,
      // takes nothing away that somebody has typed.
      key={JSON.stringify([saves, connection.name, connection.settings, connection.secretsSet])}
      name={connection.name}
      settings={fieldsOf(connector.settings)}
      values={connection.settings}
      // A stored secret need not be typed again.
      secrets={fieldsOf(login.secrets).map((field) => ({
        ...field,
        required: field.required && !connection.secretsSet.includes(field.name),
      }))}
      secret="kept"
      verb="Save changes"
      busy={change.isPending}
      error={change.error}
      onSubmit={(entered) => change.mutate(entered)}
    />
  )
}
