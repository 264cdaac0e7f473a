import { Button, Switch } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Failure } from '../parts/Failure.tsx'
import { When } from '../parts/When.tsx'
import { sessionQuery } from '../queries.ts'
import { Card } from '../shell/Page.tsx'
import * as api from './api.ts'

/** Of which workspaces one wants the weekly e-mail. The link at its end leads here. */
export function WeeklyMail() {
  const client = useQueryClient()
  const me = useQuery(sessionQuery).data
  // As it will be: the switch does not wait for the answer, and goes back where it was refused.
  const [asked, setAsked] = useState<{ readonly [workspace: string]: boolean }>({})
  const save = useMutation({
    mutationFn: (workspaces: { [workspace: string]: boolean }) =>
      api.changePreferences({ weekly: { workspaces, zone: Intl.DateTimeFormat().resolvedOptions().timeZone } }),
    onSettled: async () => {
      await client.invalidateQueries({ queryKey: sessionQuery.queryKey, exact: true })
      setAsked({})
    },
  })
  const send = useMutation({ mutationFn: (workspace: string) => api.sendWeekly(workspace) })
  if (!me) return null
  const { workspaces: wanted = [], stopped = {} } = me.preferences.weekly ?? {}
  const choose = (workspace: string, on: boolean): void => {
    setAsked({ [workspace]: on })
    save.mutate({ [workspace]: on })
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
          <div key={id} style={{ display: 'flex', gap: '4px 12px', justifyContent: 'space-between' }}>
            <Switch
              label={name}
              description={
                stopped[id] && (
                  <>
                    Stopped by the link in it, <When at={stopped[id]} />.
                  </>
                )
              }
              checked={asked[id] ?? wanted.includes(id)}
              disabled={save.isPending}
              onChange={(event) => choose(id, event.currentTarget.checked)}
            />
            {me.mail ? (
              <Button
                variant="subtle"
                size="compact-sm"
                style={{ flexShrink: 0 }}
                aria-label={`Send me one now, of ${name}`}
                loading={send.isPending && send.variables === id}
                onClick={() => send.mutate(id)}
              >
                Send me one now
              </Button>
            ) : null}
          </div>
        ))}
        <p role="status" className="muted">
          {send.isSuccess ? `Sent to ${me.user.email}.` : null}
        </p>
        <p className="muted">At seven, by the clock of your time zone.</p>
      </div>
      <Failure error={save.error ?? send.error} />
    </Card>
  )
}
