import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { FlowView } from '../../server/contract/flows.ts'
import * as api from '../api.ts'
import { EffectDialog } from '../parts/EffectDialog.tsx'

/** Puts a flow away. Its runs, versions and what it sent stay; only a flow that is off can go. */
export function Archive(props: { workspace: string; flow: FlowView; onClose: () => void }) {
  const { workspace, flow } = props
  const client = useQueryClient()
  const navigate = useNavigate()
  const archive = useMutation({
    mutationFn: () => api.changeFlow(workspace, flow.id, { archived: true }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: [workspace, 'flows'] })
      await navigate({ to: '/w/$workspace/flows', params: { workspace } })
    },
  })
  return (
    <EffectDialog
      open
      title={`Archive ${flow.name}?`}
      verb="Archive"
      disabled={flow.enabled}
      busy={archive.isPending}
      error={archive.error}
      onConfirm={() => archive.mutate()}
      onClose={props.onClose}
    >
      {flow.enabled ? (
        <p>The flow is on. Turn it off first: then nothing starts by itself any more.</p>
      ) : (
        <p>
          It leaves the list of flows. Its versions, its {flow.lastRun ? 'runs' : 'history'} and what it sent stay, and
          so do the connections that it used.
        </p>
      )}
    </EffectDialog>
  )
}
