import { Button, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { ConnectionView } from '../../server/contract/connections.ts'
import * as api from '../api.ts'
import { EffectDialog } from '../parts/EffectDialog.tsx'

/** The day on which a secret ends, where a person knows it. */
export function ChangeEnd({ workspace, connection }: { workspace: string; connection: ConnectionView }) {
  const client = useQueryClient()
  const [asked, setAsked] = useState(false)
  const [day, setDay] = useState('')
  const change = useMutation({
    mutationFn: () => api.changeConnection(workspace, connection.id, { validUntil: day === '' ? null : day }),
    onSuccess: async () => {
      setAsked(false)
      await client.invalidateQueries({ queryKey: [workspace] })
    },
  })
  return (
    <>
      <Button
        size="compact-sm"
        variant="default"
        onClick={() => {
          change.reset()
          setDay(connection.validUntil ?? '')
          setAsked(true)
        }}
      >
        Note when it ends…
      </Button>
      <EffectDialog
        open={asked}
        title="When does its secret end?"
        verb="Note it"
        keep="Leave it"
        disabled={day === (connection.validUntil ?? '')}
        busy={change.isPending}
        error={change.error}
        onConfirm={() => change.mutate()}
        onClose={() => setAsked(false)}
      >
        <p>
          Some tokens and passwords end on a day that only the other system knows. Note it, and it is announced two
          weeks ahead, here, on the home page and by alerts.
        </p>
        <TextInput
          type="date"
          label="Last day on which it works"
          description="Leave it empty if nobody knows."
          data-autofocus
          value={day}
          onChange={(event) => setDay(event.currentTarget.value)}
        />
      </EffectDialog>
    </>
  )
}
