import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useCallback } from 'react'
import type { RunView } from '../../server/contract/runs.ts'
import { CareMany } from '../exception/CareMany.tsx'
import { ExceptionTable } from '../exception/ExceptionTable.tsx'
import { Banner } from '../parts/Banner.tsx'
import { ButtonLink } from '../parts/ButtonLink.tsx'
import { CauseSentence } from '../parts/CauseSentence.tsx'
import { Counts } from '../parts/Counts.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Fact, Facts } from '../parts/Facts.tsx'
import { Key } from '../parts/Key.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { StateBadge } from '../parts/StateBadge.tsx'
import { When } from '../parts/When.tsx'
import { exceptionsQuery, runEffectsQuery, runQuery, runStepsQuery, underWay } from '../queries.ts'
import { LivePaused } from '../run/LivePaused.tsx'
import { Origin } from '../run/Origin.tsx'
import { PayloadSearch } from '../run/PayloadSearch.tsx'
import { RunActions } from '../run/RunActions.tsx'
import { Sent } from '../run/Sent.tsx'
import { Took } from '../run/RunTable.tsx'
import { StepDetail } from '../run/StepDetail.tsx'
import { StepTable } from '../run/StepTable.tsx'
import { useLive } from '../run/use-live.ts'
import { useRunKeys } from '../run/use-run-keys.ts'
import { Waterfall } from '../run/Waterfall.tsx'
import { Page, Section } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'
import { sayCause, sayRunState, sayVersion } from '../words.ts'

const route = getRouteApi('/w/$workspace/runs/$run')

export function Run() {
  const { workspace, run: id } = route.useParams()
  const run = useQuery(runQuery(workspace, id))
  const live = useLive(workspace, run.data)
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
          beside={
            <>
              <StateBadge {...sayRunState(data)} />
              {live ? null : <LivePaused />}
            </>
          }
          sentence={
            <>
              {sayCause(data)}, <When at={data.createdAt} />, {sayVersion(data.version)}
            </>
          }
          actions={
            <>
              <ButtonLink
                variant="default"
                to="/w/$workspace/flows/$flow"
                params={{ workspace, flow: data.flow.id }}
                search={data.version < 0 ? {} : { version: data.version }}
              >
                See {data.version < 0 ? 'the flow' : sayVersion(data.version)}
              </ButtonLink>
              <ButtonLink variant="default" to="/w/$workspace/runs/$run/canvas" params={{ workspace, run: data.id }}>
                On the canvas
              </ButtonLink>
              {/* What has not begun has nothing to compare. */}
              {data.startedAt === null ? null : (
                <ButtonLink variant="default" to="/w/$workspace/runs/$run/compare" params={{ workspace, run: data.id }}>
                  Compare with the last good run
                </ButtonLink>
              )}
              <RunActions workspace={workspace} run={data} />
            </>
          }
        >
          <OneRun workspace={workspace} run={data} />
        </Page>
      )}
    </Loaded>
  )
}

/** Codes whose remedy is at a connection: signing in again, a permission, another account. */
const AT_A_CONNECTION: ReadonlySet<string> = new Set(['LOGIN_REFUSED', 'PERMISSION_MISSING', 'TENANT_GONE'])

function OneRun({ workspace, run }: { workspace: string; run: RunView }) {
  const { step } = route.useSearch()
  const { may } = useRights(workspace)
  const steps = useQuery(runStepsQuery(workspace, run))
  const effects = useQuery(runEffectsQuery(workspace, run))
  const sent = (effects.data?.calls ?? [])
    .filter((call) => call.state === 'answered')
    .reduce((sum, call) => sum + call.items, 0)
  const chosen = steps.data?.items.find((one) => one.node === step)
  const navigate = route.useNavigate()
  const goTo = useCallback((next: string) => void navigate({ search: { step: next }, resetScroll: false }), [navigate])
  useRunKeys(steps.data?.items, step, goTo)
  return (
    <>
      <CauseSentence
        run={run}
        action={
          run.state === 'failed' && AT_A_CONNECTION.has(run.code ?? '') && may('connections.read') ? (
            <ButtonLink
              variant="default"
              size="xs"
              to="/w/$workspace/flows/$flow"
              params={{ workspace, flow: run.flow.id }}
              search={{ tab: 'connections' }}
            >
              Connections of the flow
            </ButtonLink>
          ) : undefined
        }
      />
      {run.dry ? (
        <Banner
          tone="off"
          title="A dry run: nothing is sent"
          action={
            <ButtonLink to="/w/$workspace/flows/$flow" params={{ workspace, flow: run.flow.id }} size="xs">
              Back to the flow
            </ButtonLink>
          }
        >
          <p>It reads and compares for real. The steps below show what each of them would do, with samples.</p>
        </Banner>
      ) : null}
      <Counts
        label="Counts of this run"
        lines={[
          { word: 'Read', count: run.counts['read'] ?? 0 },
          ...(run.dry
            ? [
                { word: 'Would send', count: run.counts['sent'] ?? 0 },
                { word: 'Would take back', count: run.counts['reversed'] ?? 0 },
                { word: 'Unchanged', count: run.counts['unchanged'] ?? 0 },
                { word: 'Would be set aside', count: run.counts['rejected'] ?? 0, tone: 'attention' as const },
              ]
            : [
                // Until the calls are read, what the run says itself: never a nought that is none.
                { word: 'Sent', count: effects.data ? sent : (run.counts['sent'] ?? 0) },
                { word: 'Exceptions', count: run.counts['exceptions'] ?? 0, tone: 'attention' as const },
              ]),
          { word: 'Calls', count: run.counts['calls'] ?? 0 },
          { word: 'Batches settled', count: run.batches },
        ]}
      />
      <Facts>
        <Fact term="Started">
          <When at={run.startedAt} empty="Not yet" />
        </Fact>
        <Fact term="Took">
          <Took run={run} />
        </Fact>
        <Origin workspace={workspace} run={run} />
        {run.code ? (
          <Fact term="Code">
            <code>{run.code}</code>
          </Fact>
        ) : null}
        <Fact term="Run">
          <Key value={run.id} label="run id" />
        </Fact>
      </Facts>
      <Section
        title="Steps"
        note={
          <>
            In the order of the flow. Rejected records become exceptions; all others went on.
            <span className="keys">
              {' '}
              Keys: J and K move, Enter opens, R runs again, E hands its exceptions to somebody, N goes to the next
              error, / searches inside payloads.
            </span>
          </>
        }
      >
        <Loaded query={steps} rows={5}>
          {({ items, note }) => (
            <>
              {note ? <p className="muted">{note}</p> : null}
              {items.length === 0 ? (
                <EmptyState
                  title={underWay(run.state) ? 'The first batch has not settled yet' : 'No step was reached'}
                />
              ) : (
                <StepTable workspace={workspace} run={run} steps={items} open={step} />
              )}
            </>
          )}
        </Loaded>
        {chosen ? (
          <StepDetail key={chosen.node} workspace={workspace} run={run} step={chosen} mayRead={may('payloads.read')} />
        ) : null}
      </Section>
      {may('payloads.read') && run.batches > 0 ? (
        <PayloadSearch workspace={workspace} run={run} steps={steps.data?.items ?? []} />
      ) : null}
      <Waterfall workspace={workspace} run={run} />
      <Section title="Sent to other systems">
        <Loaded query={effects} rows={2}>
          {(summary) => <Sent workspace={workspace} run={run.id} summary={summary} steps={steps.data?.items ?? []} />}
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
  const { may } = useRights(workspace)
  const exceptions = useInfiniteQuery({ ...options, enabled: count > 0 })
  return (
    <Section
      title="Exceptions"
      note={count > 0 ? 'Records that were set aside; all others went on.' : undefined}
      actions={
        count > 0 && may('exceptions.assign') ? (
          <CareMany workspace={workspace} select={{ filter: { run: run.id } }} what="the open exceptions of this run" />
        ) : null
      }
    >
      {count === 0 ? (
        <EmptyState
          title={
            underWay(run.state)
              ? 'None so far'
              : run.state === 'succeeded'
                ? 'None: every record went through'
                : 'No record was set aside'
          }
        />
      ) : (
        <Loaded query={exceptions} rows={3}>
          {({ pages }) =>
            pages.every((page) => page.items.length === 0) ? (
              <EmptyState title="They stand with a later run">
                The same records were set aside again: an exception stands with the run that set it aside last.
              </EmptyState>
            ) : (
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
            )
          }
        </Loaded>
      )}
    </Section>
  )
}
