import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import * as api from '../api.ts'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { flowQuery } from '../queries.ts'
import { useDraft, useEditor } from './context.ts'

/** Runs the flow without sending: reads are real, writes are worked out and counted. */
export function TestDialog({ onClose }: { onClose: () => void }) {
  const { workspace, flowId, session } = useEditor()
  const navigate = useNavigate()
  const flow = useQuery(flowQuery(workspace, flowId))
  const changed = useDraft(session, ({ save }) => save.is !== 'saved') || (flow.data?.draft.changed ?? false)
  const live = flow.data?.liveVersion ?? null
  const test = useMutation({
    mutationFn: () => api.dryRun(workspace, flowId, {}),
    onSuccess: (run) => {
      onClose()
      void navigate({ to: '/w/$workspace/runs/$run/canvas', params: { workspace, run: run.id } })
    },
  })
  return (
    <EffectDialog
      open
      title="Test the whole flow without sending?"
      verb={live === null ? 'Test' : `Test version ${live}`}
      disabled={live === null}
      busy={test.isPending}
      error={test.error}
      onConfirm={() => test.mutate()}
      onClose={onClose}
    >
      <p>
        Everything is read and worked out for real. What would be sent is counted and can be looked at; nothing leaves,
        and the next run begins where it would have begun anyway.
      </p>
      {live === null ? (
        <p>The flow has no published version yet. Publish it once: it stays off until it is turned on.</p>
      ) : null}
      {live !== null && changed ? (
        <p>
          This tests version {live}, which is live. Your draft differs from it: single steps of the draft are tried in a
          step’s <strong>Output</strong>, with the records of an earlier run.
        </p>
      ) : null}
    </EffectDialog>
  )
}
