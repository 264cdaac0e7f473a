import { Button, Checkbox } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { NodeSteps, RunView } from '../../server/contract/runs.ts'
import * as api from '../api.ts'
import { countOf } from '../format/number.ts'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { useRights } from '../shell/use-rights.ts'
import { type VersionChoice, VersionRadio } from './VersionRadio.tsx'

/** Carries a run out again: whole, or from one step on with the data it had. Leads to the new run. */
export function Rerun({ workspace, run, step }: { workspace: string; run: RunView; step?: NodeSteps }) {
  const { may } = useRights(workspace)
  const navigate = useNavigate()
  const client = useQueryClient()
  const [asked, setAsked] = useState(false)
  const [version, setVersion] = useState<VersionChoice>('same')
  const [quiet, setQuiet] = useState(run.quiet)
  const rerun = useMutation({
    mutationFn: () => api.rerun(workspace, run.id, { ...(step ? { node: step.node } : {}), version, quiet }),
    onSuccess: async (made) => {
      setAsked(false)
      void client.invalidateQueries({ queryKey: [workspace, 'runs'] })
      await navigate({ to: '/w/$workspace/runs/$run', params: { workspace, run: made.id } })
    },
  })
  if (!may('runs.rerun')) return null
  const read = run.counts['read'] ?? 0
  return (
    <>
      <Button
        variant="default"
        size={step ? 'compact-sm' : 'sm'}
        data-run-again={step ? undefined : ''}
        onClick={() => {
          rerun.reset()
          setAsked(true)
        }}
      >
        {step ? 'Run again from this step…' : 'Run again…'}
      </Button>
      <EffectDialog
        open={asked}
        title={step ? `Run again from “${step.name}”?` : 'Run this again?'}
        verb={step ? 'Run again from here' : 'Run again'}
        keep="Leave it"
        busy={rerun.isPending}
        error={rerun.error}
        onConfirm={() => rerun.mutate()}
        onClose={() => setAsked(false)}
      >
        {step ? (
          <p>
            A new run takes the {countOf(step.counts['in'] ?? 0, 'record')} in{' '}
            {countOf(step.batches, 'batch', 'batches')} that came to this step then, and goes on from there. Nothing is
            read again, so what changed since is not in it.
          </p>
        ) : (
          <p>
            A new run begins where this one began and reads again: {countOf(read, 'record')} then, perhaps more or fewer
            now.
          </p>
        )}
        <p>What is the same as before is not sent a second time. This run stays as it is; the two are linked.</p>
        <VersionRadio same={run.version} value={version} onChange={setVersion} />
        <Checkbox
          label="Quiet"
          description="Leaves out events and mails; contacts and sales rows are brought up to date all the same."
          checked={quiet}
          onChange={(event) => setQuiet(event.currentTarget.checked)}
        />
      </EffectDialog>
    </>
  )
}
