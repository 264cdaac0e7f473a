import { Button, Checkbox } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { NodeSteps, RerunCount, RunView } from '../../server/contract/runs.ts'
import * as api from '../api.ts'
import { countOf } from '../format/number.ts'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { useRights } from '../shell/use-rights.ts'
import { rerunCountQuery } from './rerun-query.ts'
import { type VersionChoice, VersionRadio } from './VersionRadio.tsx'

/** Carries a run out again, after the server has counted: whole, or from one step on with the data it had. Leads to the new run. */
export function Rerun({ workspace, run, step }: { workspace: string; run: RunView; step?: NodeSteps }) {
  const { may } = useRights(workspace)
  const navigate = useNavigate()
  const client = useQueryClient()
  const [asked, setAsked] = useState(false)
  const [version, setVersion] = useState<VersionChoice>('same')
  const [quiet, setQuiet] = useState(run.quiet)
  const body = { ...(step ? { node: step.node } : {}), version, quiet }
  const count = useQuery({ ...rerunCountQuery(workspace, run.id, body), enabled: asked })
  const rerun = useMutation({
    mutationFn: () => api.rerun(workspace, run.id, body),
    onSuccess: async (made) => {
      setAsked(false)
      void client.invalidateQueries({ queryKey: [workspace, 'runs'] })
      await navigate({ to: '/w/$workspace/runs/$run', params: { workspace, run: made.id } })
    },
  })
  if (!may('runs.rerun')) return null
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
        disabled={!count.isSuccess || count.isFetching}
        busy={rerun.isPending}
        error={rerun.error}
        onConfirm={() => rerun.mutate()}
        onClose={() => setAsked(false)}
      >
        <Loaded query={count} rows={2}>
          {(counted) => <WhatFollows counted={counted} />}
        </Loaded>
        <p>This run stays as it is; the two are linked.</p>
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

function WhatFollows({ counted }: { counted: RerunCount }) {
  const records = countOf(counted.records, 'record')
  return (
    <>
      <p>
        {counted.from === 'step'
          ? `A new run takes the ${records} in ${countOf(counted.batches, 'batch', 'batches')} that came to this step then, and goes on from there. Nothing is read again, so what changed since is not in it.`
          : counted.from === 'exceptions'
            ? `A new run tries again what is still open of this one: ${countOf(counted.records, 'exception')}.`
            : `A new run begins where this one began and reads again: ${records} then, perhaps more or fewer now.`}
      </p>
      <p>
        {counted.sent > 0 ? `This run sent ${countOf(counted.sent, 'item')}. ` : ''}What is the same as before is not
        sent a second time.
      </p>
    </>
  )
}
