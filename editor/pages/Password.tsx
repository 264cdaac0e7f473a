import { Button, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type FormEvent, type ReactNode, useEffect, useState } from 'react'
import { Banner } from '../parts/Banner.tsx'
import { Failure } from '../parts/Failure.tsx'
import { CUT_OFF, isCutOff } from '../people/is-cut-off.ts'
import { isShort, NewPasswordInput } from '../people/NewPasswordInput.tsx'
import * as api from '../people/api.ts'
import { waysQuery } from '../people/queries.ts'
import { ApiError } from '../request.ts'
import classes from './Alone.module.css'
import { Mark } from './Mark.tsx'
import { useSecret } from './use-secret.ts'

/** A forgotten password: with a link's secret behind `#` it is set anew, without one the link is asked for. */
export function Password() {
  const token = useSecret()
  const [another, setAnother] = useState(false)
  useEffect(() => {
    document.title = 'New password · Tieline'
  }, [])
  return (
    <main className={classes.alone}>
      <Mark />
      {token === '' || another ? <Ask /> : <SetAnew key={token} token={token} onAnother={() => setAnother(true)} />}
    </main>
  )
}

function Ask() {
  const ways = useQuery(waysQuery)
  const [email, setEmail] = useState('')
  const ask = useMutation({ mutationFn: () => api.forgotPassword({ email: email.trim() }) })
  if (ways.data?.mail === false) {
    return (
      <Sheet title="Forgotten password">
        <p>This installation sends no e-mail. Ask an owner of your workspace: “People” makes a link for you.</p>
        <Link to="/sign-in">Back to signing in</Link>
      </Sheet>
    )
  }
  if (ask.isSuccess) {
    return (
      <Sheet title="Look into your mail">
        <p>If there is an account of {email.trim()}, a link is on its way to it. It works for an hour.</p>
        <Link to="/sign-in">Back to signing in</Link>
      </Sheet>
    )
  }
  return (
    <Sheet
      title="Forgotten password"
      onSubmit={() => {
        ask.mutate()
      }}
    >
      <p className="muted">You get an e-mail with a link. It sets a new password, and works for an hour.</p>
      <TextInput
        label="E-mail"
        type="email"
        autoComplete="username"
        required
        autoFocus
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <Failure error={ask.error} />
      <Button type="submit" loading={ask.isPending} fullWidth>
        Send me a link
      </Button>
      <Link to="/sign-in">Back to signing in</Link>
    </Sheet>
  )
}

function SetAnew({ token, onAnother }: { token: string; onAnother: () => void }) {
  const [password, setPassword] = useState('')
  const set = useMutation({ mutationFn: () => api.resetPassword({ token, password }) })
  const short = isShort(password)
  if (set.isSuccess) {
    return (
      <Sheet title="Your new password is set">
        <p>You are signed out everywhere. A second factor is what it was.</p>
        <Link to="/sign-in">Sign in</Link>
      </Sheet>
    )
  }
  return (
    <Sheet
      title="Set a new password"
      onSubmit={() => {
        if (!short) set.mutate()
      }}
    >
      <NewPasswordInput label="New password" autoFocus value={password} onChange={setPassword} />
      {isCutOff(set.error) ? (
        <Banner tone="failed" title={CUT_OFF.title} live>
          <p>{CUT_OFF.detail}</p>
        </Banner>
      ) : (
        <Failure error={set.error} />
      )}
      <Button type="submit" loading={set.isPending} fullWidth>
        Set new password
      </Button>
      {set.error instanceof ApiError && set.error.code === 'PASSWORD_LINK_DEAD' ? (
        <Button variant="default" onClick={onAnother} fullWidth>
          Ask for another link
        </Button>
      ) : null}
    </Sheet>
  )
}

function Sheet(props: { title: string; children: ReactNode; onSubmit?: () => void }) {
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    props.onSubmit?.()
  }
  return (
    <form className={classes.card} onSubmit={submit}>
      <h1>{props.title}</h1>
      {props.children}
    </form>
  )
}
