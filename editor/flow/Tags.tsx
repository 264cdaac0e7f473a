import { TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { FlowView } from '../../server/contract/flows.ts'
import * as api from '../api.ts'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { flowsQuery } from '../queries.ts'

/** Words to find a flow by. */
export function Tags(props: { workspace: string; flow: FlowView; onClose: () => void }) {
  const { workspace, flow } = props
  const client = useQueryClient()
  const flows = useQuery(flowsQuery(workspace))
  const [typed, setTyped] = useState(flow.tags.join(', '))
  const words = typed.split(',').map((tag) => tag.trim())
  const tags = [...new Set(words.filter((tag) => tag !== ''))]
  const wrong = tags.some((tag) => tag.length > 40)
    ? 'A tag has at most 40 characters.'
    : tags.length > 20
      ? 'At most 20 tags.'
      : undefined
  const known = [...new Set((flows.data?.items ?? []).flatMap((one) => one.tags))].sort()
  const save = useMutation({
    mutationFn: () => api.changeFlow(workspace, flow.id, { tags }),
    onSuccess: async () => {
      props.onClose()
      await client.invalidateQueries({ queryKey: [workspace, 'flows'] })
    },
  })
  return (
    <EffectDialog
      open
      title={`Tags of ${flow.name}`}
      verb="Save the tags"
      disabled={wrong !== undefined}
      busy={save.isPending}
      error={save.error}
      onConfirm={() => save.mutate()}
      onClose={props.onClose}
    >
      <TextInput
        label="Tags"
        description="With commas between them. The list of flows finds flows by them."
        error={wrong}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        data-autofocus
      />
      {known.length > 0 ? <p className="muted">In use: {known.join(', ')}</p> : null}
    </EffectDialog>
  )
}
