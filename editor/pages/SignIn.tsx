import { Button, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useRouter } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import * as api from '../api.ts'
import { prefer } from '../format/preferred.ts'
import { Banner } from '../parts/Banner.tsx'
import * as proofs from '../people/api.ts'
import { SignInRefused, useSignIn } from '../people/sign-in.tsx'
import { waysQuery } from '../people/queries.ts'
import { sayFailure } from '../people/say-sso.ts'
import { sessionQuery } from '../queries.ts'
import classes from './Alone.module.css'
import { Mark } from './Mark.tsx'

const route = getRouteApi('/sign-in')

export function SignIn() {
  const { to, sso } = route.useSearch()
  const router = useRouter()
  const client = useQueryClient()
  const [email, setEmail] = useState('')
  const ways = useQuery(waysQuery)
  const setup = useQuery({ queryKey: ['setup'], queryFn: ({ signal }) => api.setupState({ signal }) })
  const signIn = useSignIn(email, (me) => {
    client.clear()
    prefer(me.preferences)
    client.setQueryData(sessionQuery.queryKey, me)
    router.history.push(to ?? '/')
  })
  const away = useMutation({
    mutationFn: () => proofs.beginSso({ purpose: 'sign-in', ...(to === undefined ? {} : { to }) }),
    onSuccess: ({ url }) => window.location.assign(url),
  })
  useEffect(() => {
    document.title = 'Sign in · Tieline'
  }, [])
  return (
    <main className={classes.alone}>
      <Mark />
      <form className={classes.card} onSubmit={signIn.submit}>
        <h1>Sign in</h1>
        {to ? <p className="muted">Then you go on where you were.</p> : null}
        {setup.data?.done === false ? (
          <Banner tone="attention" title="Nobody owns this installation yet">
            <p>Open the one-time set-up link that was printed when Tieline started.</p>
          </Banner>
        ) : null}
        {sso && !signIn.error ? (
          <Banner tone="failed" title={sayFailure(sso).title} live>
            <p>{sayFailure(sso).note}</p>
          </Banner>
        ) : null}
        <SignInRefused
          error={signIn.error ?? away.error}
          hint="Check both. Below is what to do about a forgotten one."
        />
        <TextInput
          label="E-mail"
          type="email"
          autoComplete="username"
          required
          autoFocus
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        {signIn.fields}
        <Button type="submit" loading={signIn.pending} fullWidth>
          Sign in
        </Button>
        {ways.data?.sso ? (
          <Button variant="default" loading={away.isPending} onClick={() => away.mutate()} fullWidth>
            Sign in with {ways.data.sso}
          </Button>
        ) : null}
        <Link to="/password">Forgotten password</Link>
      </form>
    </main>
  )
}
