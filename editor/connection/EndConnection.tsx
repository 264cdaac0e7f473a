import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { ConnectionView, GivenBack } from '../../server/contract/connections.ts'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { ApiError } from '../request.ts'
import { Section } from '../shell/Page.tsx'
import * as requests from './requests.ts'

const GIVEN_BACK: { readonly [outcome in GivenBack['signIn']]: string } = {
  revoked: 'Its sign-in was given back in the other system.',
  'no-sign-in': 'There was no sign-in to give back.',
  'used-elsewhere': 'Another connection is to the same account, so the sign-in stays there.',
  'not-revoked': 'End the sign-in in the other system by hand.',
}

/** Two ways to end a connection: disconnect it, which keeps what was sent by it on record, or remove it as a whole. */
export function EndConnection({ workspace, connection }: { workspace: string; connection: ConnectionView }) {
  const navigate = useNavigate()
  const client = useQueryClient()
  const [asked, setAsked] = useState<'disconnect' | 'remove'>()
  const renewed = () => client.invalidateQueries({ queryKey: [workspace, 'connections'] })
  const end = useMutation({
    mutationFn: async ({ how, anyway }: { how: 'disconnect' | 'remove'; anyway: boolean }) => {
      if (how === 'disconnect') {
        await requests.disconnect(workspace, connection.id, anyway ? { anyway } : {})
        notifications.show({ message: `${connection.name} is disconnected.` })
        return
      }
      const { signIn } = await requests.removeConnection(workspace, connection.id, anyway ? { anyway } : {})
      notifications.show({ message: `${connection.name} is removed. ${GIVEN_BACK[signIn]}` })
      await navigate({ to: '/w/$workspace/connections', params: { workspace } })
    },
    onSuccess: async () => {
      setAsked(undefined)
      await renewed()
    },
  })
  // Nothing was changed: whoever asks again goes on without the other system.
  const unreachable = end.error instanceof ApiError && end.error.code === 'REMOTE_FAILED'
  const used = connection.usedBy.length > 0
  const ask = (how: 'disconnect' | 'remove') => {
    end.reset()
    setAsked(how)
  }
  return (
    <Section
      title="Disconnect or remove"
      note={
        used
          ? 'To disconnect it, switch off the flows that use it. To remove it, bind them to another connection first.'
          : 'Disconnected, it stays on record with what it sent. Removed, it is gone; that is possible only if nothing was sent by it.'
      }
    >
      <div style={{ display: 'flex', flexWrap: 'wrap', gap: 8 }}>
        {connection.secretsSet.length > 0 || connection.signedIn ? (
          <Button variant="default" onClick={() => ask('disconnect')}>
            Disconnect…
          </Button>
        ) : null}
        <Button variant="default" disabled={used} onClick={() => ask('remove')}>
          Remove connection…
        </Button>
      </div>
      <EffectDialog
        open={asked !== undefined}
        title={asked === 'remove' ? `Remove ${connection.name}?` : `Disconnect ${connection.name}?`}
        verb={`${asked === 'remove' ? 'Remove connection' : 'Disconnect'}${unreachable ? ' all the same' : ''}`}
        keep="Keep it"
        danger
        busy={end.isPending}
        error={end.error}
        onConfirm={() => asked && end.mutate({ how: asked, anyway: unreachable })}
        onClose={() => setAsked(undefined)}
      >
        <p>
          {connection.signedIn ? 'Its sign-in is given back in the other system, and its ' : 'Its '}
          secrets are deleted and cannot be brought back. Nothing else in the other system is changed.
        </p>
      </EffectDialog>
    </Section>
  )
}
