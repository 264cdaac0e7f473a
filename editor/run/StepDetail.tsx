import { Button } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import type { NodeSteps, RunView, StepView } from '../../server/contract/runs.ts'
import { countOf, sayCount } from '../format/number.ts'
import { sayLength } from '../format/time.ts'
import { Banner } from '../parts/Banner.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { When } from '../parts/When.tsx'
import { runBatchesQuery } from '../queries.ts'
import { sayCountName } from '../words.ts'
import { PayloadView } from './PayloadView.tsx'
import { Rerun } from './Rerun.tsx'
import { sayPayload } from './say-payload.ts'
import { runBatchQuery } from './payload-queries.ts'
import classes from './StepDetail.module.css'

const route = getRouteApi('/w/$workspace/runs/$run')

/** What one step did, batch by batch, and what it was given and gave. */
export function StepDetail(props: { workspace: string; run: RunView; step: NodeSteps; mayRead: boolean }) {
  const { workspace, run, step } = props
  const search = route.useSearch()
  const batches = useInfiniteQuery(runBatchesQuery(workspace, run, step.node))
  const read = batches.data?.pages.flatMap((page) => page.items)
  const isBeyond = read !== undefined && search.batch !== undefined && !read.some((one) => one.batch === search.batch)
  const beyond = useQuery({ ...runBatchQuery(workspace, run, step.node, search.batch ?? 0), enabled: isBeyond })
  const frame = useRef<HTMLElement>(null)
  useEffect(() => {
    if (step.node !== '') frame.current?.scrollIntoView({ block: 'nearest' })
  }, [step.node])
  return (
    <section className={classes.detail} aria-label={`Step ${step.name}`} ref={frame}>
      <header className={classes.header}>
        <div>
          <h3>{step.name}</h3>
          <p className="muted">
            {countOf(step.batches, 'batch', 'batches')}
            {step.failed > 0 ? `, ${sayCount(step.failed)} of them failed` : ''}
          </p>
        </div>
        <div className={classes.tools}>
          {step.fed && run.actions.includes('rerun-step') ? (
            <Rerun workspace={workspace} run={run} step={step} />
          ) : null}
          <Link
            to="/w/$workspace/runs/$run"
            params={{ workspace, run: run.id }}
            search={{}}
            resetScroll={false}
            className={classes.close}
          >
            <IconX size={16} aria-hidden />
            Close
          </Link>
        </div>
      </header>
      <Loaded query={batches} rows={3}>
        {({ pages }) => (
          <>
            {pages[0]?.note ? <p className="muted">{pages[0].note}</p> : null}
            {isBeyond && beyond.data === null ? (
              <p className="muted">Batch {sayCount(search.batch ?? 0)} did not come to this step.</p>
            ) : null}
            <ol className={classes.batches}>
              {[...(isBeyond && beyond.data ? [beyond.data] : []), ...pages.flatMap((page) => page.items)].map(
                (one) => (
                  <BatchRow
                    key={one.batch}
                    workspace={workspace}
                    run={run}
                    step={one}
                    open={search.batch === one.batch}
                    show={search.show}
                    record={search.record}
                    mayRead={props.mayRead}
                  />
                ),
              )}
            </ol>
          </>
        )}
      </Loaded>
      {batches.hasNextPage ? (
        <Button
          variant="default"
          className={classes.more}
          onClick={() => void batches.fetchNextPage()}
          loading={batches.isFetchingNextPage}
        >
          Show more batches
        </Button>
      ) : null}
    </section>
  )
}

function BatchRow(props: {
  workspace: string
  run: RunView
  step: StepView
  open: boolean
  show: string | undefined
  record: number | undefined
  mayRead: boolean
}) {
  const { workspace, run, step } = props
  const row = useRef<HTMLLIElement>(null)
  const at = props.open ? props.record : undefined
  useEffect(() => {
    // Asked for from elsewhere, such as the bars of all batches; whoever pressed the row itself sees it already.
    if (props.open || at !== undefined) row.current?.scrollIntoView({ block: 'nearest' })
  }, [props.open, at])
  const shown = step.payloads.find((kind) => kind === props.show) ?? step.payloads[0]
  const counts = Object.entries(step.counts).filter(([, count]) => count !== 0)
  return (
    <li className={classes.batch} data-open={props.open || undefined} ref={row}>
      <Link
        to="/w/$workspace/runs/$run"
        params={{ workspace, run: run.id }}
        search={props.open ? { step: step.node } : { step: step.node, batch: step.batch }}
        resetScroll={false}
        className={classes.row}
        aria-expanded={props.open}
      >
        <strong>Batch {sayCount(step.batch)}</strong>
        <span className={classes.counts}>
          {counts.map(([name, count]) => (
            <span key={name} className="number">
              <span className="muted">{sayCountName(name)}</span> {sayCount(count)}
            </span>
          ))}
        </span>
        <span className={classes.times}>
          {countOf(step.calls, 'call')} · waited {sayLength(step.waitingMs)} · worked {sayLength(step.workingMs)}
          {step.attempts > 1 ? ` · ${step.attempts} attempts` : ''}
        </span>
      </Link>
      {props.open ? (
        <div className={classes.inside}>
          <p className="muted">
            Began <When at={step.startedAt} />
          </p>
          {step.error ? (
            <Banner tone="failed" title={step.error.message ?? 'The step failed as a whole'}>
              {step.error.code ? <p>Code {step.error.code}</p> : null}
            </Banner>
          ) : null}
          {props.mayRead ? null : <p className="muted">Your role sees counts, not the records themselves.</p>}
          {props.mayRead && step.payloads.length === 0 ? (
            <p className="muted">No records were kept of this batch.</p>
          ) : null}
          {props.mayRead && shown !== undefined ? (
            <>
              <nav className={classes.kinds} aria-label="What to show of this batch">
                {step.payloads.map((kind) => (
                  <Link
                    key={kind}
                    to="/w/$workspace/runs/$run"
                    params={{ workspace, run: run.id }}
                    search={{ step: step.node, batch: step.batch, show: kind }}
                    resetScroll={false}
                    aria-current={kind === shown ? 'true' : undefined}
                  >
                    {sayPayload(kind)}
                  </Link>
                ))}
              </nav>
              {at ? (
                <p className="muted">
                  From number {sayCount(at + 1)} on.{' '}
                  <Link
                    to="/w/$workspace/runs/$run"
                    params={{ workspace, run: run.id }}
                    search={{ step: step.node, batch: step.batch, show: shown }}
                    resetScroll={false}
                  >
                    Show from the first
                  </Link>
                </p>
              ) : null}
              <PayloadView
                from={at}
                workspace={workspace}
                run={run.id}
                place={{ node: step.node, batch: step.batch, kind: shown }}
                label={`${sayPayload(shown)}, batch ${step.batch}`}
              />
            </>
          ) : null}
        </div>
      ) : null}
    </li>
  )
}
