import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useState } from 'react'
import { type Basis, basisOf, changedSince } from '../../server/flow/document/basis.ts'
import type { OperationInfo } from '../../server/flow/catalog/catalog.ts'
import type { FlowNode } from '../../server/flow/document/flow.ts'
import * as api from '../api.ts'
import { sayPort } from '../draft/port-words.ts'
import { useDraft, useEditor } from '../edit/context.ts'
import { useTrial } from '../edit/use-trial.ts'
import { countOf } from '../format/number.ts'
import { Banner } from '../parts/Banner.tsx'
import { Failure } from '../parts/Failure.tsx'
import { JsonView } from '../parts/JsonView.tsx'
import classes from './Sample.module.css'
import { Stale } from './Stale.tsx'
import { useSample } from './use-sample.ts'

/** Records shown of each way out. */
const SHOWN = 20
/** Stands in the audit log with who it was. */
const REASON = 'Test of a step while drawing the flow'

/**
 * Runs the step alone as it is set now, with the records of the sample, by a worker: look-ups ask for real, a write is
 * compared with what was sent before, and nothing is sent.
 */
export function TestStep({ node, info }: { node: FlowNode; info: OperationInfo | undefined }) {
  const { workspace, session } = useEditor()
  const flow = useDraft(session, (snapshot) => snapshot.flow)
  const [tested, setTested] = useState<Basis>()
  const stale = useMemo(() => (tested ? changedSince(tested, flow, node.id, 'out') : []), [tested, flow, node.id])
  const inputs = info?.inputs ?? ['in']
  const sample = useSample(node.id)
  const other = useSample(node.id, inputs[1] ?? inputs[0])
  const [stop] = useState(() => new AbortController())
  useEffect(() => () => stop.abort(), [stop])
  const trial = useTrial()
  const run = trial.data
  const shown = useQuery({
    queryKey: [workspace, 'runs', 'one', run?.id, 'tested', node.id],
    queryFn: async ({ signal }) => {
      const { items } = await api.runBatches(workspace, run?.id ?? '', { node: node.id, limit: 50 }, { signal })
      const places = items.flatMap(({ batch, payloads }) =>
        payloads.filter((kind) => kind.startsWith('out:') || kind === 'call').map((kind) => ({ batch, kind })),
      )
      return Promise.all(
        places.map(async ({ batch, kind }) => {
          const at = { node: node.id, batch, kind, limit: SHOWN, reason: REASON }
          return { kind, ...(await api.reveal(workspace, run?.id ?? '', at, { signal })) }
        }),
      )
    },
    enabled: run !== undefined && run.state !== 'failed',
    staleTime: Number.POSITIVE_INFINITY,
  })
  if (info === undefined || info.kind === 'trigger' || info.kind === 'read') return null
  const objects = (records: readonly unknown[]) =>
    records.filter((one): one is { [name: string]: unknown } => typeof one === 'object' && one !== null)
  const records = {
    [inputs[0] ?? 'in']: objects(sample.records),
    ...(inputs[1] === undefined ? {} : { [inputs[1]]: objects(other.records) }),
  }
  return (
    <div className={classes.tried}>
      <Button
        size="compact-sm"
        variant="default"
        disabled={sample.records.length === 0}
        loading={trial.isPending}
        onClick={() => {
          setTested(basisOf(flow, node.id))
          trial.mutate({ of: 'draft', step: node.id, records, signal: stop.signal })
        }}
      >
        {stale.length > 0 ? 'Test again' : 'Test this step'}
        {sample.records.length > 0 ? ` with ${countOf(sample.records.length, 'record')}` : ''}, without sending
      </Button>
      {sample.records.length === 0 && !sample.loading && !sample.failed && !sample.hidden ? (
        <p className="muted">
          No record of this step’s input is known yet. Run the flow once, or write some under “Input”.
        </p>
      ) : null}
      {run ? <Stale names={stale} since="this test" /> : null}
      <Failure error={trial.error} />
      {run?.state === 'failed' ? (
        <Banner tone="failed" title="The test failed" live>
          <p>{run.reason}</p>
        </Banner>
      ) : null}
      {(shown.data ?? []).map((one) => (
        <section key={one.kind} aria-label={sayKind(info, one.kind)}>
          <h3>
            {sayKind(info, one.kind)}: {countOf(one.total, 'record')}
          </h3>
          <JsonView records={one.records} total={one.total} label={sayKind(info, one.kind)} />
        </section>
      ))}
      {shown.data?.length === 0 ? <p className="muted">Nothing left the step.</p> : null}
    </div>
  )
}

const sayKind = (info: OperationInfo, kind: string): string =>
  kind === 'call' ? 'Would be sent' : `By “${sayPort(info, kind.slice('out:'.length))}”`
