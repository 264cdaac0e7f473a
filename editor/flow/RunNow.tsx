import { Button } from '@mantine/core'
import { IconPlayerPlay } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { FlowView } from '../../server/contract/flows.ts'
import * as api from '../api.ts'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { useRights } from '../shell/use-rights.ts'
import { EffectList } from './EffectList.tsx'
import { ForecastLine } from './ForecastLine.tsx'

/** Starts a run of the live version, after saying what it will send, and leads to it. */
export function RunNow({ workspace, flow, small }: { workspace: string; flow: FlowView; small?: boolean }) {
  const { may } = useRights(workspace)
  const navigate = useNavigate()
  const client = useQueryClient()
  const [asked, setAsked] = useState(false)
  const start = useMutation({
    mutationFn: () => api.runNow(workspace, flow.id),
    onSuccess: async (run) => {
      setAsked(false)
      void client.invalidateQueries({ queryKey: [workspace, 'flows'] })
      void client.invalidateQueries({ queryKey: [workspace, 'runs'] })
      await navigate({ to: '/w/$workspace/runs/$run', params: { workspace, run: run.id } })
    },
  })
  if (flow.liveVersion === null || !may('flows.run')) return null
  return (
    <>
      <Button
        variant="default"
        size={small ? 'compact-sm' : 'sm'}
        leftSection={<IconPlayerPlay size={16} aria-hidden />}
        aria-label={`Run now: ${flow.name}`}
        onClick={() => {
          start.reset()
          setAsked(true)
        }}
      >
        Run now
      </Button>
      <EffectDialog
        open={asked}
        title={`Run ${flow.name} now?`}
        verb="Run now"
        busy={start.isPending}
        error={start.error}
        onConfirm={() => start.mutate()}
        onClose={() => setAsked(false)}
      >
        <p>
          Version {flow.liveVersion} reads on from where it stopped.{' '}
          {flow.paused?.code === 'RESTORED'
            ? 'What was sent after the backup is not known here, and is sent again.'
            : 'What was sent before is not sent again.'}
        </p>
        <EffectList workspace={workspace} flow={flow.id} version={flow.liveVersion} />
        <ForecastLine workspace={workspace} flow={flow.id} asked={{}} />
      </EffectDialog>
    </>
  )
}
