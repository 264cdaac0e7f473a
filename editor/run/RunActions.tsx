import { Button } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { RunAction, RunView } from '../../server/contract/runs.ts'
import * as api from '../api.ts'
import { RetryMany } from '../exception/RetryMany.tsx'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { useRights } from '../shell/use-rights.ts'
import { Rerun } from './Rerun.tsx'

/** What may be done with a run now, each after saying what it does. The server says what is possible, the role what is allowed. */
export function RunActions({ workspace, run }: { workspace: string; run: RunView }) {
  const { may } = useRights(workspace)
  const can = (action: RunAction): boolean => run.actions.includes(action)
  return (
    <>
      {can('resume') && may('runs.cancel') ? <Resume workspace={workspace} run={run} /> : null}
      {can('pause') && may('runs.cancel') ? <Pause workspace={workspace} run={run} /> : null}
      {can('cancel') && may('runs.cancel') ? <Cancel workspace={workspace} run={run} /> : null}
      {can('retry-exceptions') && may('exceptions.retry') ? (
        <RetryMany
          workspace={workspace}
          select={{ filter: { run: run.id } }}
          word="Try the exceptions again…"
          what="the exceptions of this run"
        />
      ) : null}
      {can('rerun') && may('runs.rerun') ? <Rerun workspace={workspace} run={run} /> : null}
    </>
  )
}

/** A request about this run; what is shown is read again when it has been granted. */
function useChange(workspace: string, ask: () => Promise<RunView>) {
  const client = useQueryClient()
  const [asked, setAsked] = useState(false)
  const change = useMutation({
    mutationFn: ask,
    onSuccess: async () => {
      setAsked(false)
      await client.invalidateQueries({ queryKey: [workspace, 'runs'] })
    },
  })
  return {
    open: () => {
      change.reset()
      setAsked(true)
    },
    dialog: {
      open: asked,
      busy: change.isPending,
      error: change.error,
      onConfirm: () => change.mutate(),
      onClose: () => setAsked(false),
    },
  }
}

function Cancel({ workspace, run }: { workspace: string; run: RunView }) {
  const { open, dialog } = useChange(workspace, () => api.cancelRun(workspace, run.id))
  return (
    <>
      <Button variant="default" disabled={run.cancelRequested} onClick={open}>
        {run.cancelRequested ? 'Cancelling…' : 'Cancel run'}
      </Button>
      <EffectDialog {...dialog} title="Cancel this run?" verb="Cancel run" keep="Let it go on" danger>
        <p>
          {run.state === 'running'
            ? 'It stops after the batch it is working on.'
            : 'It does not go on; no batch is at work.'}{' '}
          What was sent stays sent, and the next run reads on from there: nothing is lost and nothing is sent twice.
        </p>
        {run.backfill ? <p>Only this part of the back-fill is cancelled; the others go on.</p> : null}
      </EffectDialog>
    </>
  )
}

function Pause({ workspace, run }: { workspace: string; run: RunView }) {
  const { open, dialog } = useChange(workspace, () => api.pauseRun(workspace, run.id))
  return (
    <>
      <Button variant="default" disabled={run.pauseRequested || run.cancelRequested} onClick={open}>
        {run.pauseRequested ? 'Pausing…' : 'Pause'}
      </Button>
      <EffectDialog {...dialog} title="Pause this run?" verb="Pause run" keep="Let it go on">
        <p>
          {run.state === 'running' ? 'It finishes the batch it is working on, then stands still' : 'It stands still'}{' '}
          until somebody resumes it. What was sent stays sent. Other runs of the flow wait behind it.
        </p>
      </EffectDialog>
    </>
  )
}

function Resume({ workspace, run }: { workspace: string; run: RunView }) {
  const { open, dialog } = useChange(workspace, () => api.resumeRun(workspace, run.id))
  return (
    <>
      <Button onClick={open}>Resume</Button>
      <EffectDialog {...dialog} title="Resume this run?" verb="Resume run" keep="Leave it paused">
        <p>It goes on with the next batch after the {run.batches} that are settled. Nothing is sent a second time.</p>
      </EffectDialog>
    </>
  )
}
