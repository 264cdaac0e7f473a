import { isShort, NewPasswordInput } from '../people/NewPasswordInput.tsx'
import { ownSessionsQuery } from '../people/queries.ts'
import { Button, PasswordInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { SessionView } from '../../server/contract/people.ts'
import * as api from '../api.ts'
import { type Column, DataTable } from '../parts/DataTable.tsx'
import { Failure } from '../parts/Failure.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { StateBadge } from '../parts/StateBadge.tsx'
import { When } from '../parts/When.tsx'
import { Preferences } from '../people/Preferences.tsx'
import { SecondFactor } from '../people/SecondFactor.tsx'
import { SsoLink } from '../people/SsoLink.tsx'
import { sayAgent } from '../people/say-people.ts'
import { WeeklyMail } from '../people/WeeklyMail.tsx'
import { sessionQuery } from '../queries.ts'
import { Card, Page, Section } from '../shell/Page.tsx'

/** What is one's own: the password, and where one is signed in. */
export function Account() {
  const me = useQuery(sessionQuery)
  return (
    <Page title="Your account" sentence={me.data ? `${me.data.user.name}, ${me.data.user.email}` : undefined}>
      <Section title="Where you are signed in" note="A place you do not know? End it, and change your password.">
        <Sessions />
      </Section>
      <Section
        title="How things are written"
        note="For you alone, in every browser. Theme and density are in the menu with your name."
      >
        <Preferences />
      </Section>
      <div id="weekly">
        <Section
          title="E-mail on Monday mornings"
          note="What your automations did in the last seven days, and what needs you. No content of records."
        >
          <WeeklyMail />
        </Section>
      </div>
      <Section
        title="Second factor"
        note="Codes of an authenticator app, beside the password. Setting it up signs you out everywhere else."
      >
        <SecondFactor />
      </Section>
      <SsoLink />
      <Section title="Password" note="Changing it signs you out everywhere else.">
        {me.data?.ways.password === false ? (
          <Card>
            <p>
              You have none: you come in by single sign-on. “Forgotten password” on the sign-in page sets one, should
              you want it.
            </p>
          </Card>
        ) : (
          <Password />
        )}
      </Section>
    </Page>
  )
}

function Sessions() {
  const client = useQueryClient()
  const sessions = useQuery(ownSessionsQuery)
  const reread = () => client.invalidateQueries({ queryKey: ownSessionsQuery.queryKey })
  const end = useMutation({ mutationFn: api.endSession, onSettled: reread })
  const endOthers = useMutation({ mutationFn: () => api.endOtherSessions(), onSettled: reread })
  const columns: readonly Column<SessionView>[] = [
    { id: 'agent', title: 'Where', grow: true, cell: (one) => sayAgent(one.agent) },
    {
      id: 'state',
      title: 'State',
      cell: (one) => (
        <StateBadge {...(one.current ? { tone: 'ok', word: 'Here' } : { tone: 'off', word: 'Elsewhere' })} />
      ),
    },
    { id: 'address', title: 'Address', cell: (one) => one.address },
    { id: 'since', title: 'Since', wideOnly: true, cell: (one) => <When at={one.createdAt} /> },
    { id: 'seen', title: 'Last seen', cell: (one) => <When at={one.seenAt} /> },
    {
      id: 'end',
      title: 'End',
      silent: true,
      cell: (one) =>
        one.current ? null : (
          <Button
            size="compact-sm"
            variant="default"
            aria-label={`End the session of ${sayAgent(one.agent)}, ${one.address}`}
            loading={end.isPending && end.variables === one.id}
            onClick={() => end.mutate(one.id)}
          >
            End
          </Button>
        ),
    },
  ]
  const said = end.error ?? endOthers.error
  return (
    <Loaded query={sessions} rows={2}>
      {({ items }) => (
        <>
          <Failure error={said} />
          <DataTable label="Sessions" columns={columns} rows={items} rowKey={(one) => one.id} />
          {items.length > 1 ? (
            <div>
              <Button variant="default" loading={endOthers.isPending} onClick={() => endOthers.mutate()}>
                Sign out everywhere else
              </Button>
            </div>
          ) : null}
        </>
      )}
    </Loaded>
  )
}

function Password() {
  const client = useQueryClient()
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const change = useMutation({
    mutationFn: () => api.changePassword({ current, next }),
    onSuccess: async () => {
      setCurrent('')
      setNext('')
      notifications.show({ message: 'Your password is changed. You are signed out everywhere else.' })
      await client.invalidateQueries({ queryKey: ownSessionsQuery.queryKey })
    },
  })
  const short = isShort(next)
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (!short) change.mutate()
  }
  return (
    <Card>
      <form onSubmit={submit} style={{ display: 'grid', gap: 12, maxWidth: 420 }}>
        <PasswordInput
          label="Current password"
          autoComplete="current-password"
          required
          value={current}
          onChange={(event) => setCurrent(event.currentTarget.value)}
        />
        <NewPasswordInput label="New password" value={next} onChange={setNext} />
        <Failure error={change.error} />
        <div>
          <Button type="submit" loading={change.isPending}>
            Change password
          </Button>
        </div>
      </form>
    </Card>
  )
}
