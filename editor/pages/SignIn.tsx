import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { type FormEvent, useEffect, useState } from 'react'
import * as api from '../api.ts'
import { Banner } from '../parts/Banner.tsx'
import { sayError } from '../parts/say-error.ts'
import { sessionQuery } from '../queries.ts'
import { ApiError } from '../request.ts'
import classes from './Alone.module.css'

const route = getRouteApi('/sign-in')

export function SignIn() {
  const { to } = route.useSearch()
  const router = useRouter()
  const client = useQueryClient()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const setup = useQuery({ queryKey: ['setup'], queryFn: ({ signal }) => api.setupState({ signal }) })
  const signIn = useMutation({
    mutationFn: api.signIn,
    onSuccess: (me) => {
      client.clear()
      client.setQueryData(sessionQuery.queryKey, me)
      router.history.push(to ?? '/')
    },
  })
  useEffect(() => {
    document.title = 'Sign in · Tieline'
  }, [])
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    signIn.mutate({ email: email.trim(), password })
  }
  return (
    <main className={classes.alone}>
      <div className={classes.mark}>
        <img src="/icon.svg" alt="" width={36} height={36} />
        Tieline
      </div>
      <form className={classes.card} onSubmit={submit}>
        <h1>Sign in</h1>
        {to ? <p className="muted">Then you go on where you were.</p> : null}
        {setup.data?.done === false ? (
          <Banner tone="attention" title="Nobody owns this installation yet">
            <p>Open the one-time set-up link that was printed when Tieline started.</p>
          </Banner>
        ) : null}
        {signIn.error ? <Refused error={signIn.error} /> : null}
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
        <Button type="submit" loading={signIn.isPending} fullWidth>
          Sign in
        </Button>
      </form>
    </main>
  )
}

function Refused({ error }: { error: unknown }) {
  if (error instanceof ApiError && error.status === 401) {
    return (
      <Banner tone="failed" title="E-mail and password do not belong together" live>
        <p>Check both. An owner of your workspace can set a new password.</p>
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
