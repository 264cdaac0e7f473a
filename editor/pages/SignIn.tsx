import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useRouter } from '@tanstack/react-router'
import { type FormEvent, useEffect, useState } from 'react'
import * as api from '../api.ts'
import { prefer } from '../format/preferred.ts'
import { Banner } from '../parts/Banner.tsx'
import { sayError } from '../parts/say-error.ts'
import * as proofs from '../people/api.ts'
import { CodeInput } from '../people/CodeInput.tsx'
import { waysQuery } from '../people/queries.ts'
import { sayFailure } from '../people/say-sso.ts'
import { sessionQuery } from '../queries.ts'
import { ApiError } from '../request.ts'
import classes from './Alone.module.css'
import { Mark } from './Mark.tsx'

const route = getRouteApi('/sign-in')

export function SignIn() {
  const { to, sso } = route.useSearch()
  const router = useRouter()
  const client = useQueryClient()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const ways = useQuery(waysQuery)
  const setup = useQuery({ queryKey: ['setup'], queryFn: ({ signal }) => api.setupState({ signal }) })
  const signIn = useMutation({
    mutationFn: api.signIn,
    onSuccess: (me) => {
      client.clear()
      prefer(me.preferences)
      client.setQueryData(sessionQuery.queryKey, me)
      router.history.push(to ?? '/')
    },
  })
  const away = useMutation({
    mutationFn: () => proofs.beginSso({ purpose: 'sign-in', ...(to === undefined ? {} : { to }) }),
    onSuccess: ({ url }) => window.location.assign(url),
  })
  const refused = signIn.error instanceof ApiError ? signIn.error.code : undefined
  // Once asked for, the code stays: a wrong one is typed again.
  const withCode = refused === 'SECOND_FACTOR_ASKED' || refused === 'SECOND_FACTOR_WRONG' || code !== ''
  useEffect(() => {
    document.title = 'Sign in · Tieline'
  }, [])
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    signIn.mutate({ email: email.trim(), password, ...(code === '' ? {} : { code }) })
  }
  return (
    <main className={classes.alone}>
      <Mark />
      <form className={classes.card} onSubmit={submit}>
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
        {refused === 'SECOND_FACTOR_ASKED' ? null : signIn.error || away.error ? (
          <Refused error={signIn.error ?? away.error} />
        ) : null}
        <TextInput
          label="E-mail"
          type="email"
          autoComplete="username"
          required
          autoFocus
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <PasswordInput
          label="Password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {withCode ? <CodeInput value={code} onChange={setCode} /> : null}
        <Button type="submit" loading={signIn.isPending} fullWidth>
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

function Refused({ error }: { error: unknown }) {
  if (error instanceof ApiError && error.code === 'SIGN_IN_REFUSED') {
    return (
      <Banner tone="failed" title="E-mail and password do not belong together" live>
        <p>Check both. Below is what to do about a forgotten one.</p>
      </Banner>
    )
  }
  const said = sayError(error)
  return (
    <Banner tone="failed" title={said.title} live>
      <p>{said.detail}</p>
    </Banner>
  )
}
