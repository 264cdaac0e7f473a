import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Button } from '@mantine/core'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { RunView } from '../../server/contract/runs.ts'
import * as api from '../api.ts'
import { ExceptionTable } from '../exception/ExceptionTable.tsx'
import { CauseSentence } from '../parts/CauseSentence.tsx'
import { Counts } from '../parts/Counts.tsx'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Key } from '../parts/Key.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { StateBadge } from '../parts/StateBadge.tsx'
import { When } from '../parts/When.tsx'
import { exceptionsQuery, runEffectsQuery, runQuery, runStepsQuery, underWay } from '../queries.ts'
import { Sent } from '../run/Sent.tsx'
import { Took } from '../run/RunTable.tsx'
import { StepDetail } from '../run/StepDetail.tsx'
import { StepTable } from '../run/StepTable.tsx'
import { Page, Section } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'
import { sayCause, sayRunState } from '../words.ts'
import classes from './Flow.module.css'

const route = getRouteApi('/w/$workspace/runs/$run')

export function Run() {
  const { workspace, run: id } = route.useParams()
  const run = useQuery(runQuery(workspace, id))
  const above = (
    <Link to="/w/$workspace/runs" params={{ workspace }}>
      Runs
    </Link>
  )
  if (run.data === undefined) {
    return (
      <Page title="Run" above={above}>
        <Loaded query={run}>{() => null}</Loaded>
      </Page>
    )
  }
  return (
    <Loaded query={{ ...run, data: run.data }}>
      {(data) => (
        <Page
          title={data.flow.name}
          above={above}
          beside={<StateBadge {...sayRunState(data)} />}
          sentence={
            <>
              {sayCause(data)} <When at={data.createdAt} />, version {data.version}
            </>
          }
          actions={
            <>
              <Link
                to="/w/$workspace/flows/$flow"
                params={{ workspace, flow: data.flow.id }}
                search={{ version: data.version }}
              >
                See version {data.version}
              </Link>
              <Cancel workspace={workspace} run={data} />
            </>
          }
        >
          <OneRun workspace={workspace} run={data} />
        </Page>
      )}
    </Loaded>
  )
}

function OneRun({ workspace, run }: { workspace: string; run: RunView }) {
  const { step } = route.useSearch()
  const { may } = useRights(workspace)
  const steps = useQuery(runStepsQuery(workspace, run))
  const effects = useQuery(runEffectsQuery(workspace, run))
  const sent = (effects.data?.calls ?? [])
    .filter((call) => call.state === 'answered')
    .reduce((sum, call) => sum + call.items, 0)
  const chosen = steps.data?.items.find((one) => one.node === step)
  return (
    <>
      <CauseSentence run={run} />
      <Counts
        label="Counts of this run"
        lines={[
          { word: 'Read', count: run.counts['read'] ?? 0 },
          { word: 'Sent', count: sent },
          { word: 'Exceptions', count: run.counts['exceptions'] ?? 0, tone: 'attention' },
          { word: 'Calls', count: run.counts['calls'] ?? 0 },
          { word: 'Batches settled', count: run.batches },
        ]}
      />
      <dl className={classes.standing}>
        <div>
          <dt>Started</dt>
          <dd>
            <When at={run.startedAt} empty="Not yet" />
          </dd>
        </div>
        <div>
          <dt>Took</dt>
          <dd>
            <Took run={run} />
          </dd>
        </div>
        {run.wakeAt && underWay(run.state) ? (
          <div>
            <dt>Goes on</dt>
            <dd>
              <When at={run.wakeAt} />
            </dd>
          </div>
        ) : null}
        {run.code ? (
          <div>
            <dt>Code</dt>
            <dd>
              <code>{run.code}</code>
            </dd>
          </div>
        ) : null}
        <div>
          <dt>Run</dt>
          <dd>
            <Key value={run.id} label="run id" />
          </dd>
        </div>
      </dl>
      <Section
        title="Steps"
        note="In the order of the flow. Rejected records are exceptions; their neighbours went on."
      >
        <Loaded query={steps} rows={5}>
          {({ items }) =>
            items.length === 0 ? (
              <EmptyState title={underWay(run.state) ? 'The first batch has not settled yet' : 'No step was reached'} />
            ) : (
              <StepTable workspace={workspace} run={run} steps={items} open={step} />
            )
          }
        </Loaded>
        {chosen ? <StepDetail workspace={workspace} run={run} step={chosen} mayRead={may('payloads.read')} /> : null}
      </Section>
      <Section title="Sent to other systems">
        <Loaded query={effects} rows={2}>
          {(summary) => <Sent workspace={workspace} summary={summary} steps={steps.data?.items ?? []} />}
        </Loaded>
      </Section>
      {may('exceptions.read') ? <Exceptions workspace={workspace} run={run} /> : null}
    </>
  )
}

function Exceptions({ workspace, run }: { workspace: string; run: RunView }) {
  const options = exceptionsQuery(workspace, { run: run.id, limit: 10 })
  // Asked for only when there are some; the count is part of the run.
  const count = run.counts['exceptions'] ?? 0
  const exceptions = useInfiniteQuery({ ...options, enabled: count > 0 })
  return (
    <Section title="Exceptions" note={count > 0 ? 'Records that were set aside; their neighbours went on.' : undefined}>
      {count === 0 ? (
        <EmptyState
          title={
            underWay(run.state) ? 'None so far' : run.state === 'succeeded' ? 'None: every record went through' : 'None'
          }
        />
      ) : (
        <Loaded query={exceptions} rows={3}>
          {({ pages }) => (
            <ExceptionTable
              workspace={workspace}
              rows={pages.flatMap((page) => page.items)}
              inRun
              more={
                exceptions.hasNextPage
                  ? { load: () => void exceptions.fetchNextPage(), loading: exceptions.isFetchingNextPage }
                  : undefined
              }
            />
          )}
        </Loaded>
      )}
    </Section>
  )
}

function Cancel({ workspace, run }: { workspace: string; run: RunView }) {
  const client = useQueryClient()
  const { may } = useRights(workspace)
  const [asked, setAsked] = useState(false)
  const cancel = useMutation({
    mutationFn: () => api.cancelRun(workspace, run.id),
    onSuccess: async () => {
      setAsked(false)
      await client.invalidateQueries({ queryKey: [workspace, 'runs'] })
    },
  })
  if (!underWay(run.state) || !may('runs.cancel')) return null
  return (
    <>
      <Button variant="default" disabled={run.cancelRequested} onClick={() => setAsked(true)}>
        {run.cancelRequested ? 'Cancelling…' : 'Cancel run'}
      </Button>
      <EffectDialog
        open={asked}
        title="Cancel this run?"
        verb="Cancel run"
        keep="Let it go on"
        danger
        busy={cancel.isPending}
        error={cancel.error}
        onConfirm={() => cancel.mutate()}
        onClose={() => setAsked(false)}
      >
        <p>
          It stops after the batch it is working on. What was sent stays sent, and the next run reads on from there:
          nothing is lost and nothing is sent twice.
        </p>
      </EffectDialog>
    </>
  )
}
