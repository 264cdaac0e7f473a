import { Radio, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { Banner } from '../parts/Banner.tsx'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { flowQuery } from '../queries.ts'
import { sayVersion } from '../words.ts'
import { useDraft, useEditor } from './context.ts'
import { useTrial } from './use-trial.ts'

const route = getRouteApi('/w/$workspace/flows/$flow/edit')

/** Runs the draft without sending, whole or up to a step: reads are real, writes are worked out and counted. */
export function TestDialog({ step, onClose }: { step: string | undefined; onClose: () => void }) {
  const { workspace, flowId, session } = useEditor()
  const navigate = useNavigate()
  const stay = route.useNavigate()
  const flow = useQuery(flowQuery(workspace, flowId))
  const name = useDraft(session, (snapshot) => snapshot.flow.nodes.find((node) => node.id === step)?.name)
  const live = flow.data?.liveVersion ?? null
  const [far, setFar] = useState<'step' | 'whole'>(step === undefined ? 'whole' : 'step')
  const [of, setOf] = useState<'draft' | 'live'>('draft')
  const [reads, setReads] = useState<'first' | 'next'>('first')
  const [stop] = useState(() => new AbortController())
  useEffect(() => () => stop.abort(), [stop])
  const trial = useTrial((run) => {
    if (stop.signal.aborted || run.state === 'failed') return
    onClose()
    if (far === 'step') {
      void stay({ search: (before) => ({ ...before, sample: run.id, tab: 'output' as const }), resetScroll: false })
    } else void navigate({ to: '/w/$workspace/runs/$run/canvas', params: { workspace, run: run.id } })
  })
  const failed = trial.data?.state === 'failed' ? trial.data : undefined
  return (
    <EffectDialog
      open
      title={far === 'step' ? `Test up to “${name ?? step}” without sending?` : 'Test the whole flow without sending?'}
      verb={of === 'draft' ? 'Test the draft' : `Test version ${live}`}
      disabled={of === 'live' && live === null}
      busy={trial.isPending}
      error={trial.error}
      onConfirm={() =>
        trial.mutate({
          ...{ of, firstPage: reads === 'first', signal: stop.signal },
          ...(far === 'step' && step !== undefined ? { step } : {}),
        })
      }
      onClose={onClose}
    >
      <p>
        Everything is read and worked out for real. What would be sent is counted and can be looked at; nothing leaves,
        and the next run begins where it would have begun anyway.
      </p>
      {step === undefined ? null : (
        <Radio.Group label="How far" value={far} onChange={(next) => setFar(next === 'step' ? 'step' : 'whole')}>
          <Stack gap="xs" mt="xs">
            <Radio value="step" label={`Up to “${name ?? step}”`} />
            <Radio value="whole" label="The whole flow" />
          </Stack>
        </Radio.Group>
      )}
      {live === null ? null : (
        <Radio.Group label="Which" value={of} onChange={(next) => setOf(next === 'live' ? 'live' : 'draft')}>
          <Stack gap="xs" mt="xs">
            <Radio value="draft" label="The draft as it stands" />
            <Radio value="live" label={`The live one, ${sayVersion(live)}`} />
          </Stack>
        </Radio.Group>
      )}
      <Radio.Group
        label="With which records"
        value={reads}
        onChange={(next) => setReads(next === 'next' ? 'next' : 'first')}
      >
        <Stack gap="xs" mt="xs">
          <Radio
            value="first"
            label="The first page of each read"
            description="Quick, and there is something even if nothing is new."
          />
          <Radio value="next" label="What the next run would read" />
        </Stack>
      </Radio.Group>
      {failed ? (
        <Banner tone="failed" title="The test failed" live>
          <p>{failed.reason}</p>
        </Banner>
      ) : null}
    </EffectDialog>
  )
}
