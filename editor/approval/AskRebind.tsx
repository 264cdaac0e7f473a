import { Textarea } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { flowQuery } from '../queries.ts'
import * as api from './api.ts'

/** Another connection for a flow that is live, where a second person approves: it is asked for. */
export function AskRebind(props: {
  workspace: string
  flow: string
  slot: string
  title: string
  connection: { readonly id: string; readonly name: string } | undefined
  onClose: () => void
}) {
  const { workspace, flow, slot, connection } = props
  const client = useQueryClient()
  const draft = useQuery(flowQuery(workspace, flow)).data?.draft
  const [summary, setSummary] = useState('')
  const ask = useMutation({
    mutationFn: (to: string) =>
      api.ask(workspace, flow, {
        summary: summary.trim(),
        revision: draft?.revision ?? 0,
        bindings: { [slot]: to },
      }),
    onSuccess: async () => {
      props.onClose()
      setSummary('')
      notifications.show({ message: 'Asked. A second person approves it under “Approvals”.' })
      await client.invalidateQueries({ queryKey: [workspace, 'approvals'] })
    },
  })
  return (
    <EffectDialog
      open={connection !== undefined}
      title={`Ask for “${connection?.name ?? ''}” as ${props.title}?`}
      verb="Ask a second person"
      disabled={summary.trim() === '' || draft === undefined}
      busy={ask.isPending}
      error={ask.error}
      onConfirm={() => connection && ask.mutate(connection.id)}
      onClose={() => {
        props.onClose()
        ask.reset()
      }}
    >
      <p>
        The flow is live, so somebody else approves its connections too. Until then it runs with the present one.
        {draft?.changed ? ' The changes of the draft that are not published go with it.' : ''}
      </p>
      <Textarea
        label="Why"
        required
        autosize
        minRows={2}
        maxLength={500}
        data-autofocus
        value={summary}
        onChange={(event) => setSummary(event.currentTarget.value)}
      />
    </EffectDialog>
  )
}
