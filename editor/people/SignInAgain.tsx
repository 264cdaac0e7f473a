import { Button, Modal, Stack } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { AnyRouter } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { OUTSIDE_PAGES } from '../../server/contract/paths.ts'
import type { Me } from '../../server/contract/people.ts'
import * as data from '../api.ts'
import { prefer } from '../format/preferred.ts'
import { sessionQuery } from '../queries.ts'
import { onSignedOut } from '../request.ts'
import { waysQuery } from './queries.ts'
import { SignInRefused, useSignIn } from './sign-in.tsx'
import { useSsoWindow } from './use-sso-window.tsx'

/**
 * Comes up when the session has ended, over a page that nobody can read meanwhile: the same person signs in and goes on
 * with what they had typed, and what was asked for is asked again.
 */
export function SignInAgain({ router }: { router: AnyRouter }) {
  const client = useQueryClient()
  const [person, setPerson] = useState<Me>()
  const waiting = useRef<((signedIn: boolean) => void)[]>([])
  const end = (signedIn: boolean): void => {
    setPerson(undefined)
    for (const resolve of waiting.current.splice(0)) resolve(signedIn)
  }
  const leave = (): void => {
    const { href } = router.state.location
    client.clear()
    void router.navigate({ to: '/sign-in', search: { to: href } })
    end(false)
  }
  useEffect(() => {
    const stop = onSignedOut(async () => {
      if (OUTSIDE_PAGES.includes(router.state.location.pathname)) return false
      const known = client.getQueryData<Me>(sessionQuery.queryKey)
      if (!known) {
        leave()
        return false
      }
      setPerson(known)
      return new Promise((resolve) => {
        waiting.current.push(resolve)
      })
    })
    // Somebody who signs out, or follows a link from outside, is not asked to come back.
    const unsubscribe = router.subscribe('onResolved', () => {
      if (OUTSIDE_PAGES.includes(router.state.location.pathname)) end(false)
    })
    return () => {
      stop()
      unsubscribe()
    }
  })
  const came = (me: Me): void => {
    // What another person had typed is not theirs.
    if (me.user.id !== person?.user.id) {
      window.location.assign('/')
      return
    }
    prefer(me.preferences)
    client.setQueryData(sessionQuery.queryKey, me)
    end(true)
  }
  return (
    <Modal
      opened={person !== undefined}
      onClose={leave}
      title="Your session has ended"
      size="md"
      withCloseButton={false}
      closeOnClickOutside={false}
      closeOnEscape={false}
      overlayProps={{ backgroundOpacity: 1, color: 'var(--page)' }}
      // Above every other dialog.
      zIndex={500}
    >
      {person ? <Again person={person} onSignedIn={came} onLeave={leave} /> : null}
    </Modal>
  )
}

function Again(props: { person: Me; onSignedIn: (me: Me) => void; onLeave: () => void }) {
  const { onSignedIn } = props
  const { user: person, ways: own } = props.person
  const place = useQuery(waysQuery).data?.sso
  const signIn = useSignIn(person.email, onSignedIn)
  const back = useMutation({ mutationFn: () => data.me(), onSuccess: onSignedIn })
  const away = useSsoWindow('sign-in', back.mutate)
  return (
    <form
      onSubmit={(event) => {
        if (own.password) signIn.submit(event)
        else event.preventDefault()
      }}
    >
      <Stack gap="md">
        <p>Sign in as {person.email}, and you go on where you were. Nothing that you typed is lost.</p>
        <SignInRefused
          error={signIn.error ?? away.error ?? back.error}
          hint="Check the password. A forgotten one is replaced from the sign-in page."
        />
        {away.said}
        {own.password ? (
          <>
            {signIn.fields}
            <Button type="submit" loading={signIn.pending} fullWidth>
              Sign in
            </Button>
          </>
        ) : null}
        {place ? (
          <Button
            variant={own.password ? 'default' : 'filled'}
            loading={away.pending || back.isPending}
            onClick={away.go}
            data-autofocus={own.password ? undefined : true}
            fullWidth
          >
            Sign in with {place}
          </Button>
        ) : own.password ? null : (
          <p>
            You have no password here, and there is no single sign-on any more. “Forgotten password” on the sign-in page
            sets one.
          </p>
        )}
        <Button variant="subtle" onClick={props.onLeave} fullWidth>
          Leave this page
        </Button>
      </Stack>
    </form>
  )
}
