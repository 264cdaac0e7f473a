import { PasswordInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useState } from 'react'
import type { Me } from '../../server/contract/people.ts'
import * as api from '../api.ts'
import { Banner } from '../parts/Banner.tsx'
import { sayError } from '../parts/say-error.ts'
import { ApiError } from '../request.ts'
import { CodeInput } from './CodeInput.tsx'

/** Password and, once it is asked for, the code of a person whose e-mail address is known or typed elsewhere. */
export function useSignIn(email: string, done: (me: Me) => void) {
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const signIn = useMutation({ mutationFn: api.signIn, onSuccess: done })
  const refused = signIn.error instanceof ApiError ? signIn.error.code : undefined
  // Once asked for, the code stays: a wrong one is typed again.
  const withCode = refused === 'SECOND_FACTOR_ASKED' || refused === 'SECOND_FACTOR_WRONG' || code !== ''
  const fields: ReactNode = (
    <>
      <PasswordInput
        label="Password"
        autoComplete="current-password"
        required
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      {withCode ? <CodeInput value={code} onChange={setCode} /> : null}
    </>
  )
  return {
    fields,
    error: refused === 'SECOND_FACTOR_ASKED' ? null : signIn.error,
    pending: signIn.isPending,
    submit: (event: FormEvent): void => {
      event.preventDefault()
      signIn.mutate({ email: email.trim(), password, ...(code === '' ? {} : { code }) })
    },
  }
}

export function SignInRefused({ error, hint }: { error: unknown; hint: string }) {
  if (!error) return null
  if (error instanceof ApiError && error.code === 'SIGN_IN_REFUSED') {
    return (
      <Banner tone="failed" title="E-mail and password do not belong together" live>
        <p>{hint}</p>
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
