import { Button, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { type ConnectionView, MOST_RUNS } from '../../server/contract/connections.ts'
import * as api from '../api.ts'
import { EffectDialog } from '../parts/EffectDialog.tsx'

/** How many runs may use a connection at the same time. Nothing entered: as many as come. */
export function ChangeMaxRuns({ workspace, connection }: { workspace: string; connection: ConnectionView }) {
  const client = useQueryClient()
  const [asked, setAsked] = useState(false)
  const [typed, setTyped] = useState('')
  const text = typed.trim()
  const maxRuns = text === '' ? null : /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN
  const good = maxRuns === null || (maxRuns >= 1 && maxRuns <= MOST_RUNS)
  const change = useMutation({
    mutationFn: () => api.changeConnection(workspace, connection.id, { maxRuns }),
    onSuccess: async () => {
      setAsked(false)
      await client.invalidateQueries({ queryKey: [workspace, 'connections'] })
    },
  })
  return (
    <>
      <Button
        size="compact-sm"
        variant="default"
        onClick={() => {
          change.reset()
          setTyped(connection.maxRuns === null ? '' : String(connection.maxRuns))
          setAsked(true)
        }}
      >
        Change runs at a time…
      </Button>
      <EffectDialog
        open={asked}
        title="Runs at a time"
        verb="Change"
        keep="Keep it"
        disabled={!good || maxRuns === connection.maxRuns}
        busy={change.isPending}
        error={change.error}
        onConfirm={() => change.mutate()}
        onClose={() => setAsked(false)}
      >
        <p>
          So many runs, of whatever flows, may use this connection at the same time; the others wait and say so. Set it
          where runs wait for the calls of a minute most of the time and keep others from being carried out. Runs at
          work go on.
        </p>
        <TextInput
          label="Runs at a time"
          description="Leave it empty for as many as come."
          inputMode="numeric"
          data-autofocus
          value={typed}
          error={good ? undefined : `A whole number from 1 to ${MOST_RUNS}, or nothing.`}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
      </EffectDialog>
    </>
  )
}
