import { Button, Group, Modal, PasswordInput, Stack } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { sessionQuery } from '../queries.ts'
import { onStepUp } from '../request.ts'
import * as api from './api.ts'
import { CodeInput } from './CodeInput.tsx'
import { waysQuery } from './queries.ts'
import { useSsoWindow } from './use-sso-window.tsx'
import { Failure } from '../parts/Failure.tsx'

/** Comes up when a request asks for a proof of who it is; the request goes on by itself afterwards. */
export function ProveDialog() {
  const [open, setOpen] = useState(false)
  const waiting = useRef<((proved: boolean) => void)[]>([])
  useEffect(
    () =>
      onStepUp(
        () =>
          new Promise((resolve) => {
            waiting.current.push(resolve)
            setOpen(true)
          }),
      ),
    [],
  )
  const end = (proved: boolean): void => {
    setOpen(false)
    for (const resolve of waiting.current.splice(0)) resolve(proved)
  }
  return (
    <Modal
      opened={open}
      onClose={() => end(false)}
      title="Show that it is you"
      size="md"
      closeButtonProps={{ 'aria-label': 'Close' }}
      // Above the dialog that asked for it.
      zIndex={400}
    >
      {open ? <Prove onProved={() => end(true)} onCancel={() => end(false)} /> : null}
    </Modal>
  )
}

function Prove({ onProved, onCancel }: { onProved: () => void; onCancel: () => void }) {
  const own = useQuery(sessionQuery).data?.ways
  const place = useQuery(waysQuery).data?.sso
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const byCode = own?.secondFactor === true
  const prove = useMutation({ mutationFn: () => api.prove(byCode ? { code } : { password }), onSuccess: onProved })
  const away = useSsoWindow('prove', onProved)
  const failed = prove.error ?? away.error
  const own_way = byCode || own?.password
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (own_way) prove.mutate()
      }}
    >
      <Stack gap="md">
        <p>What you are about to do asks for this once in a while. Nothing that you typed is lost.</p>
        {byCode ? (
          <CodeInput value={code} onChange={setCode} />
        ) : own?.password ? (
          <PasswordInput
            label="Your password"
            autoComplete="current-password"
            required
            data-autofocus
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
        ) : own && !(own.sso && place) ? (
          <p>
            There is nothing to show it with: you have no password here, and single sign-on is not connected. Sign out,
            and set a password by “Forgotten password”.
          </p>
        ) : null}
        <Failure error={failed} />
        {away.said}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
          {own?.sso && !byCode && place ? (
            <Button variant={own_way ? 'default' : 'filled'} loading={away.pending} onClick={away.go}>
              Go by {place}
            </Button>
          ) : null}
          {own_way ? (
            <Button type="submit" loading={prove.isPending}>
              Go on
            </Button>
          ) : null}
        </Group>
      </Stack>
    </form>
  )
}
