import { Switch } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { Preferences } from '../../server/contract/people.ts'
import { Failure } from '../parts/Failure.tsx'
import { sessionQuery } from '../queries.ts'
import { Card } from '../shell/Page.tsx'
import * as api from './api.ts'

/** Of which workspaces one wants the weekly e-mail. The link at its end leads here. */
export function WeeklyMail() {
  const client = useQueryClient()
  const me = useQuery(sessionQuery).data
  const save = useMutation({
    mutationFn: (wanted: Preferences) => api.savePreferences(wanted),
    onSettled: () => client.invalidateQueries({ queryKey: sessionQuery.queryKey, exact: true }),
  })
  if (!me) return null
  // As it will be: the switch does not wait for the answer, and goes back where it was refused.
  const preferences = save.isPending ? save.variables : me.preferences
  const wanted = preferences.weekly?.workspaces ?? []
  const choose = (workspace: string, on: boolean): void => {
    const others = wanted.filter((id) => id !== workspace)
    const workspaces = on ? [...others, workspace] : others
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
    save.mutate({ ...preferences, weekly: { workspaces, zone } })
  }
  if (!me.mail && wanted.length === 0) {
    return (
      <Card>
        <p className="muted">No mail server is set up here, so none can be sent. Whoever runs Tieline can name one.</p>
      </Card>
    )
  }
  const open = me.workspaces.filter(({ deleteAfter }) => deleteAfter === null)
  return (
    <Card>
      <div style={{ display: 'grid', gap: 12 }}>
        {open.map(({ id, name }) => (
          <Switch
            key={id}
            label={name}
            checked={wanted.includes(id)}
            disabled={save.isPending}
            onChange={(event) => choose(id, event.currentTarget.checked)}
          />
        ))}
        <p className="muted">At seven, by the clock of your time zone.</p>
      </div>
      <Failure error={save.error} />
    </Card>
  )
}
