import { Switch } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Preferences } from '../../server/contract/people.ts'
import { Failure } from '../parts/Failure.tsx'
import { sessionQuery } from '../queries.ts'
import { Card } from '../shell/Page.tsx'
import * as api from './api.ts'

/** Of which workspaces one wants the weekly e-mail. The link at its end leads here. */
export function WeeklyMail() {
  const client = useQueryClient()
  const me = useQuery(sessionQuery).data
  // As it will be: the switch does not wait for the answer, and goes back where it was refused.
  const [asked, setAsked] = useState<Preferences>()
  const save = useMutation({
    mutationFn: (wanted: Preferences) => api.savePreferences(wanted),
    onSettled: async () => {
      await client.invalidateQueries({ queryKey: sessionQuery.queryKey, exact: true })
      setAsked(undefined)
    },
  })
  if (!me) return null
  const preferences = asked ?? me.preferences
  const wanted = preferences.weekly?.workspaces ?? []
  const choose = (workspace: string, on: boolean): void => {
    const others = wanted.filter((id) => id !== workspace)
    const workspaces = on ? [...others, workspace] : others
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
    const next = { ...preferences, weekly: { workspaces, zone } }
    setAsked(next)
    save.mutate(next)
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
            disabled={asked !== undefined}
            onChange={(event) => choose(id, event.currentTarget.checked)}
          />
        ))}
        <p className="muted">At seven, by the clock of your time zone.</p>
      </div>
      <Failure error={save.error} />
    </Card>
  )
}
