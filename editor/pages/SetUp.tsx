import { Button, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { type FormEvent, useEffect, useState } from 'react'
import * as api from '../api.ts'
import { Banner } from '../parts/Banner.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { sayError } from '../parts/say-error.ts'
import { isShort, NewPasswordInput } from '../people/NewPasswordInput.tsx'
import { sessionQuery } from '../queries.ts'
import { ApiError } from '../request.ts'
import classes from './Alone.module.css'
import { Mark } from './Mark.tsx'
import { useSecret } from './use-secret.ts'

const route = getRouteApi('/setup')

/** Opened by the one-time link. The token stands behind `#`, so that it is in no log of a server or a proxy. */
export function SetUp() {
  const search = route.useSearch()
  const navigate = useNavigate()
  const client = useQueryClient()
  const secret = useSecret()
  const [inSearch] = useState(search.token)
  const token = secret || inSearch || ''
  const [fields, setFields] = useState({ name: '', email: '', password: '', workspace: '' })
  const state = useQuery({ queryKey: ['setup'], queryFn: ({ signal }) => api.setupState({ signal }) })
  const setUp = useMutation({
    mutationFn: api.setUp,
    onSuccess: async (me) => {
      client.clear()
      client.setQueryData(sessionQuery.queryKey, me)
      await navigate({ to: '/' })
    },
  })
  useEffect(() => {
    document.title = 'Set up · Tieline'
    // Used once and out of the address bar: it should not be copied along with it.
    window.history.replaceState(window.history.state, '', '/setup')
  }, [])

  if (state.data?.done) {
    return (
      <main className={classes.alone}>
        <Mark />
        <EmptyState alone title="This installation is set up" action={<Link to="/sign-in">Sign in</Link>}>
          The link has done its work.
        </EmptyState>
      </main>
    )
  }
  if (token === '') {
    return (
      <main className={classes.alone}>
        <Mark />
        <EmptyState alone title="This link has no key">
          Open the whole set-up link, with everything behind the “#”. A lost one is made again where Tieline is
          installed: <code>npm run setup-link</code>.
        </EmptyState>
      </main>
    )
  }
  const short = isShort(fields.password)
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (!short) setUp.mutate({ token, ...fields, email: fields.email.trim() })
  }
  const set = (name: keyof typeof fields) => (event: { currentTarget: { value: string } }) => {
    const { value } = event.currentTarget
    setFields((before) => ({ ...before, [name]: value }))
  }
  return (
    <main className={classes.alone}>
      <Mark />
      <form className={classes.card} onSubmit={submit}>
        <h1>Set up Tieline</h1>
        <p className="muted">You become the owner. This link works once.</p>
        {setUp.error ? <Refused error={setUp.error} /> : null}
        <TextInput
          label="Your name"
          autoComplete="name"
          required
          autoFocus
          value={fields.name}
          onChange={set('name')}
        />
        <TextInput
          label="E-mail"
          type="email"
          autoComplete="username"
          required
          value={fields.email}
          onChange={set('email')}
        />
        <NewPasswordInput
          label="Password"
          value={fields.password}
          onChange={(password) => setFields((before) => ({ ...before, password }))}
        />
        <TextInput
          label="First workspace"
          description="A workspace holds the flows and connections of one merchant."
          placeholder="Nordwind GmbH"
          required
          value={fields.workspace}
          onChange={set('workspace')}
        />
        <Button type="submit" loading={setUp.isPending} fullWidth>
          Set up and sign in
        </Button>
      </form>
    </main>
  )
}

function Refused({ error }: { error: unknown }) {
  const said = sayError(error)
  return (
    <Banner tone="failed" title={said.title} live>
      <p>{said.detail}</p>
      {error instanceof ApiError
        ? error.problems.map((problem) => <p key={problem.message}>{problem.message}</p>)
        : null}
    </Banner>
  )
}
