import { Button, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { type FormEvent, type ReactNode, useEffect, useState } from 'react'
import * as api from '../api.ts'
import { prefer } from '../format/preferred.ts'
import { EmptyState } from '../parts/EmptyState.tsx'
import { sayError } from '../parts/say-error.ts'
import { CUT_OFF, isCutOff } from '../people/is-cut-off.ts'
import { isShort, NewPasswordInput } from '../people/NewPasswordInput.tsx'
import * as proofs from '../people/api.ts'
import { waysQuery } from '../people/queries.ts'
import { ROLE_WORDS } from '../people/say-people.ts'
import { sayFailure } from '../people/say-sso.ts'
import { useSsoWindow } from '../people/use-sso-window.tsx'
import { sessionQuery } from '../queries.ts'
import { ApiError } from '../request.ts'
import { homeOf } from '../shell/home-of.ts'
import classes from './Alone.module.css'
import { Mark } from './Mark.tsx'
import { useSecret } from './use-secret.ts'
import { Failure } from '../parts/Failure.tsx'

const route = getRouteApi('/join')

/** Opened by an invitation's link. The secret stands behind `#`, so that it is in no log of a server or a proxy. */
export function Join() {
  const navigate = useNavigate()
  const client = useQueryClient()
  const token = useSecret()
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const card = useQuery({
    queryKey: ['invitation', token],
    queryFn: ({ signal }) => api.lookAtInvitation({ token }, { signal }),
    enabled: token !== '',
    retry: false,
  })
  const me = useQuery({ ...sessionQuery, retry: false })
  const fits = card.data !== undefined && me.data?.user.email.toLowerCase() === card.data.email.toLowerCase()
  const accept = useMutation({
    mutationFn: () => api.acceptInvitation(fits ? { token } : { token, name: name.trim(), password }),
    onSuccess: async (session) => {
      client.clear()
      prefer(session.preferences)
      client.setQueryData(sessionQuery.queryKey, session)
      // Another of theirs may have the same name.
      const known = new Set(fits ? me.data?.workspaces.map(({ id }) => id) : [])
      const joined = session.workspaces.find(({ id, name }) => name === card.data?.workspace && !known.has(id))
      if (joined) await navigate({ to: homeOf(joined.role), params: { workspace: joined.id } })
      else await navigate({ to: '/' })
    },
  })
  const place = useQuery(waysQuery).data?.sso
  // A workspace that takes only people who come by single sign-on, and somebody who came by password.
  const waysBack = useSsoWindow(me.data?.ways.sso ? 'sign-in' : 'link', accept.mutate)
  const away = useMutation({
    mutationFn: () => proofs.beginSso({ purpose: 'join', invitation: token }),
    onSuccess: ({ url }) => window.location.assign(url),
  })
  useEffect(() => {
    document.title = 'Join · Tieline'
  }, [])

  const { sso: failed } = route.useSearch()
  if (token === '' && failed !== undefined) {
    // Back from single sign-on. The secret did not go that way: it stands in the link alone.
    return (
      <Alone>
        <EmptyState alone title={sayFailure(failed).title}>
          {sayFailure(failed).note} To try again, open the link of the invitation once more.
        </EmptyState>
      </Alone>
    )
  }
  if (token === '') {
    return (
      <Alone>
        <EmptyState alone title="This link has no key">
          Open the whole link, with everything behind the “#”.
        </EmptyState>
      </Alone>
    )
  }
  if (card.error && !me.isPending) {
    const dead = card.error instanceof ApiError && card.error.code === 'INVITATION_DEAD'
    const { title, detail } = isCutOff(card.error) ? CUT_OFF : sayError(card.error)
    return (
      <Alone>
        <EmptyState
          alone
          title={title}
          action={me.data ? <Link to="/">Go on to your workspaces</Link> : <Link to="/sign-in">Sign in</Link>}
        >
          {detail} {dead ? `If it was you who used it, you are in already${me.data ? '.' : ': sign in.'}` : null}
        </EmptyState>
      </Alone>
    )
  }
  if (!card.data || me.isPending) return <Alone>{null}</Alone>
  const { workspace, email, role, sso } = card.data
  const short = isShort(password)
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (fits || !short) accept.mutate()
  }
  return (
    <Alone>
      <form className={classes.card} onSubmit={submit}>
        <h1>Join {workspace}</h1>
        <p className="muted">
          You join as {ROLE_WORDS[role].title.toLowerCase()}, with {email}. {ROLE_WORDS[role].note}
        </p>
        {me.data && !fits ? (
          <p>
            {me.data.user.email} is signed in in this browser. Joining signs {email} in instead.
          </p>
        ) : null}
        <Failure error={accept.error} />
        {waysBack.said}
        {fits && place && accept.error instanceof ApiError && accept.error.code === 'SSO_REQUIRED' ? (
          <Button loading={waysBack.pending || accept.isPending} onClick={waysBack.go} fullWidth>
            Sign in with {place}, and join
          </Button>
        ) : null}
        <Failure error={away.error} />
        {sso && !fits ? (
          <p>This workspace takes only people who come by {place ?? 'single sign-on'}.</p>
        ) : (
          <>
            {fits ? null : (
              <>
                <TextInput
                  label="Your name"
                  autoComplete="name"
                  required
                  autoFocus
                  value={name}
                  onChange={(event) => setName(event.currentTarget.value)}
                />
                <NewPasswordInput label="Password" value={password} onChange={setPassword} />
              </>
            )}
            <Button type="submit" loading={accept.isPending} fullWidth>
              Join
            </Button>
          </>
        )}
        {place && !fits ? (
          <Button variant={sso ? 'filled' : 'default'} loading={away.isPending} onClick={() => away.mutate()} fullWidth>
            Join with {place}
          </Button>
        ) : null}
        {fits ? null : (
          <p className="muted">
            If {email} has an account already, <Link to="/sign-in">sign in</Link> with it first, then open this link
            once more.
          </p>
        )}
      </form>
    </Alone>
  )
}

function Alone({ children }: { children: ReactNode }) {
  return (
    <main className={classes.alone}>
      <Mark />
      {children}
    </main>
  )
}
