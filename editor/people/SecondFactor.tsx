import { Button, Group, Stack } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { SecondFactorOffer } from '../../server/contract/proofs.ts'
import { countOf } from '../format/number.ts'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { Failure } from '../parts/Failure.tsx'
import { Key } from '../parts/Key.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { When } from '../parts/When.tsx'
import { Card } from '../shell/Page.tsx'
import * as api from './api.ts'
import { CodeInput } from './CodeInput.tsx'
import { secondFactorQuery } from './queries.ts'
import { showRecoveryCodes } from './RecoveryCodes.tsx'
import classes from './SecondFactor.module.css'

/** An authenticator app beside the password. */
export function SecondFactor() {
  const client = useQueryClient()
  const state = useQuery(secondFactorQuery)
  const reread = () => client.invalidateQueries({ queryKey: ['me'] })
  const offer = useMutation({ mutationFn: api.offerSecondFactor })
  const renew = useMutation({
    mutationFn: api.newRecoveryCodes,
    onSuccess: async (made) => {
      showRecoveryCodes(made.codes)
      await reread()
    },
  })
  const said = offer.error ?? renew.error
  return (
    <Card>
      <Loaded query={state} rows={2}>
        {({ since, recoveryCodes }) => (
          <Stack gap="md">
            <Failure error={said} />
            {since !== null ? (
              <>
                <p>
                  On since <When at={since} />.{' '}
                  {recoveryCodes === 0 ? 'No recovery code' : countOf(recoveryCodes, 'recovery code')}{' '}
                  {recoveryCodes > 1 ? 'are' : 'is'} left.
                </p>
                <Group gap="sm">
                  <Button variant="default" loading={renew.isPending} onClick={() => renew.mutate()}>
                    Make new recovery codes
                  </Button>
                  <TurnOff onDone={reread} />
                </Group>
              </>
            ) : offer.data ? (
              <Confirm
                offer={offer.data}
                onDone={async (made) => {
                  // Before the page is read anew: where a workspace had asked for it, this part of it goes.
                  showRecoveryCodes(made)
                  offer.reset()
                  await reread()
                }}
                onCancel={() => offer.reset()}
              />
            ) : (
              <>
                <p>Off. With it, a stolen password is not enough: signing in also asks for a code of your phone.</p>
                <div>
                  <Button loading={offer.isPending} onClick={() => offer.mutate()}>
                    Set up an authenticator app
                  </Button>
                </div>
              </>
            )}
          </Stack>
        )}
      </Loaded>
    </Card>
  )
}

function Confirm(props: {
  offer: SecondFactorOffer
  onDone: (codes: readonly string[]) => Promise<void>
  onCancel: () => void
}) {
  const [code, setCode] = useState('')
  const confirm = useMutation({
    mutationFn: () => api.confirmSecondFactor({ code }),
    onSuccess: ({ codes }) => props.onDone(codes),
  })
  const { qr, secret } = props.offer
  return (
    <form
      className={classes.confirm}
      onSubmit={(event) => {
        event.preventDefault()
        confirm.mutate()
      }}
    >
      {/* Dark on light in both schemes: cameras read no other. */}
      <svg
        className={classes.picture}
        viewBox={`0 0 ${qr.size} ${qr.size}`}
        role="img"
        aria-label="Picture for the authenticator app. The secret beside it does the same."
        shapeRendering="crispEdges"
      >
        <rect width={qr.size} height={qr.size} fill="#fff" />
        <path d={qr.path} fill="#000" />
      </svg>
      <Stack gap="md">
        <p>
          Scan the picture with your authenticator app, or type the secret into it. Then enter the code that it shows.
        </p>
        <div>
          <Key value={secret} label="secret" />
        </div>
        <CodeInput value={code} onChange={setCode} recovery={false} />
        <Failure error={confirm.error} />
        <Group gap="sm">
          <Button type="submit" loading={confirm.isPending}>
            Turn on
          </Button>
          <Button variant="default" onClick={props.onCancel}>
            Cancel
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

function TurnOff({ onDone }: { onDone: () => Promise<void> }) {
  const [asked, setAsked] = useState(false)
  const remove = useMutation({
    mutationFn: api.removeSecondFactor,
    onSuccess: async () => {
      setAsked(false)
      await onDone()
    },
  })
  return (
    <>
      <Button variant="default" onClick={() => setAsked(true)}>
        Turn off…
      </Button>
      <EffectDialog
        open={asked}
        title="Turn the second factor off?"
        verb="Turn off"
        keep="Keep it on"
        danger
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate()}
        onClose={() => {
          setAsked(false)
          remove.reset()
        }}
      >
        <p>
          Your password alone opens your account then, and the recovery codes end. Workspaces that ask for a second
          factor are shut to you until you set it up again.
        </p>
      </EffectDialog>
    </>
  )
}
