import { Button, Textarea } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { FlowView } from '../../server/contract/flows.ts'
import type { FlowProblem } from '../../server/contract/shared.ts'
import * as api from '../api.ts'
import { countOf } from '../format/number.ts'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { ApiError } from '../request.ts'
import { Problems } from './Problems.tsx'

/** Makes the draft the next version, with a sentence on what changed for those who come after. */
export function Publish(props: { workspace: string; flow: FlowView; problems: readonly FlowProblem[] | undefined }) {
  const { workspace, flow } = props
  const client = useQueryClient()
  const [asked, setAsked] = useState(false)
  const [summary, setSummary] = useState('')
  // The revision that was on the screen is published, not one that somebody saved in between.
  const [revision, setRevision] = useState(flow.draft.revision)
  const publish = useMutation({
    mutationFn: () => api.publish(workspace, flow.id, { summary: summary.trim(), revision }),
    onSuccess: async () => {
      setAsked(false)
      setSummary('')
      await client.invalidateQueries({ queryKey: [workspace, 'flows'] })
    },
  })
  const errors = (props.problems ?? []).filter((problem) => problem.severity === 'error')
  const warnings = (props.problems ?? []).filter((problem) => problem.severity === 'warning')
  const next = (flow.liveVersion ?? 0) + 1
  const refused =
    publish.error instanceof ApiError ? publish.error.problems.filter((problem) => 'severity' in problem) : []
  return (
    <>
      <Button
        onClick={() => {
          publish.reset()
          setRevision(flow.draft.revision)
          setAsked(true)
        }}
      >
        Publish…
      </Button>
      <EffectDialog
        open={asked}
        title={`Publish ${flow.name}?`}
        verb="Publish"
        disabled={summary.trim() === '' || errors.length > 0}
        busy={publish.isPending}
        error={publish.error}
        onConfirm={() => publish.mutate()}
        onClose={() => setAsked(false)}
      >
        {errors.length > 0 ? (
          <>
            <p>{countOf(errors.length, 'problem')} must be solved first:</p>
            <Problems problems={errors} />
          </>
        ) : (
          <p>
            The draft becomes version {next}.{' '}
            {flow.enabled
              ? 'The flow is on: its next run uses it. A run in progress finishes with the version it began with.'
              : 'The flow is off: nothing runs until it is turned on.'}
          </p>
        )}
        {warnings.length > 0 ? (
          <>
            <p className="muted">These do not keep you from publishing:</p>
            <Problems problems={warnings} />
          </>
        ) : null}
        {refused.length > 0 ? <Problems problems={refused} /> : null}
        <Textarea
          label="What changed"
          description="One sentence for those who look at this version later."
          required
          autosize
          minRows={2}
          maxLength={500}
          data-autofocus
          value={summary}
          onChange={(event) => setSummary(event.currentTarget.value)}
        />
      </EffectDialog>
    </>
  )
}
