import { Button, Checkbox } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type KeyboardEvent, useState } from 'react'
import type { RunView, Waterfall as Batches } from '../../server/contract/runs.ts'
import { countOf, sayCount } from '../format/number.ts'
import { sayLength } from '../format/time.ts'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { useNow } from '../parts/use-now.ts'
import { underWay } from '../queries.ts'
import { Section } from '../shell/Page.tsx'
import classes from './Waterfall.module.css'
import { waterfallQuery } from './waterfall-query.ts'

type Batch = Batches['batches'][number]

const ROW = 24
/** As high as the window grows; what lies beyond is scrolled to. */
const ROWS = 14
/** Rows above and below the window that are drawn too, so that scrolling shows no gap. */
const BEYOND = 10

/** When each batch waited and worked. Only the rows in sight are drawn: a run may have thousands, and they come by and by. */
export function Waterfall({ workspace, run }: { workspace: string; run: RunView }) {
  const [troubled, setTroubled] = useState(false)
  const [longestFirst, setLongestFirst] = useState(false)
  const waterfall = useQuery(waterfallQuery(workspace, run, { troubled, longestFirst }))
  return (
    <Section
      title="Batches over time"
      note="Pale: in the queue or waiting. Full: at work. A row leads to what took longest in it, or failed."
      actions={
        run.batches === 0 ? undefined : (
          <div className={classes.tools} data-screen="">
            <Checkbox label="Only failed or retried" checked={troubled} onChange={() => setTroubled(!troubled)} />
            <Checkbox label="Longest first" checked={longestFirst} onChange={() => setLongestFirst(!longestFirst)} />
          </div>
        )
      }
    >
      <Loaded query={waterfall} rows={3}>
        {({ batches, more }) => {
          if (batches.length === 0) {
            const none = underWay(run.state) ? 'No batch has settled yet' : 'No batch settled'
            return <EmptyState title={troubled ? 'None failed or was retried' : none} />
          }
          return (
            <>
              <Rows workspace={workspace} run={run} batches={batches} />
              {more ? (
                <div className={classes.more}>
                  <p className="muted">
                    {longestFirst
                      ? `The ${sayCount(batches.length)} that took longest.`
                      : `The first ${sayCount(batches.length)}${troubled ? '' : ` of ${sayCount(run.batches)}`}.`}
                  </p>
                  {longestFirst ? null : (
                    <Button variant="default" loading={waterfall.isFetching} onClick={() => void waterfall.refetch()}>
                      Show more
                    </Button>
                  )}
                </div>
              ) : null}
            </>
          )
        }}
      </Loaded>
    </Section>
  )
}

/** The arrows lead from a row to its neighbour, which is drawn: more rows are than are in sight. */
function moveToNext(event: KeyboardEvent<HTMLElement>): void {
  const step = { ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling' } as const
  const way = event.key === 'ArrowDown' || event.key === 'ArrowUp' ? step[event.key] : undefined
  const row = event.target instanceof HTMLElement ? event.target.closest('li') : null
  const next = way === undefined ? undefined : row?.[way]?.querySelector('a')
  if (!next) return
  event.preventDefault()
  next.focus()
}

const lengthOf = (one: Batch): number => one.waitingMs + one.workingMs
const endOf = (one: Batch): number => Date.parse(one.startedAt) + lengthOf(one)

function Rows({ workspace, run, batches }: { workspace: string; run: RunView; batches: readonly Batch[] }) {
  const [top, setTop] = useState(0)
  // One row is a stop of the Tab key; the arrows go to the others, however many there are.
  const [stop, setStop] = useState(0)
  const now = useNow()
  const from = Date.parse(run.createdAt)
  // Of some thousand it is not worth to know which are in order.
  const last = batches.reduce((latest, one) => Math.max(latest, endOf(one)), 0)
  const to = Math.max(run.endedAt === null ? now.getTime() : Date.parse(run.endedAt), last)
  const share = (ms: number): string => `${(Math.min(1, Math.max(0, ms / Math.max(1, to - from))) * 100).toFixed(3)}%`
  const first = Math.max(0, Math.floor(top / ROW) - BEYOND)
  const drawn = batches.slice(first, first + ROWS + 2 * BEYOND)
  const stopDrawn = Math.min(Math.max(stop, first), first + drawn.length - 1)
  const queued = run.startedAt === null ? to - from : Date.parse(run.startedAt) - from
  return (
    <>
      <p className="muted">
        {sayLength(Math.max(0, queued))} in the queue, then {countOf(batches.length, 'batch', 'batches')} in{' '}
        {sayLength(Math.max(0, to - from - queued))}.
      </p>
      <div className={classes.axis} aria-hidden>
        <span />
        <span className={classes.times}>
          {[0, 0.5, 1].map((place) => (
            <span key={place}>{place === 0 ? '0 s' : sayLength((to - from) * place)}</span>
          ))}
        </span>
        <span className={classes.words}>Waited, worked</span>
        <span className={classes.total}>Took</span>
      </div>
      <section
        className={classes.window}
        style={{ height: Math.min(batches.length, ROWS) * ROW }}
        onScroll={(event) => setTop(event.currentTarget.scrollTop)}
        onKeyDown={moveToNext}
        aria-label={`${countOf(batches.length, 'batch', 'batches')} over time`}
      >
        <ol className={classes.rows} style={{ height: batches.length * ROW }}>
          {drawn.map((one, index) => (
            <li
              key={one.batch}
              className={classes.row}
              style={{ top: (first + index) * ROW, height: ROW }}
              aria-posinset={first + index + 1}
              aria-setsize={batches.length}
            >
              <Link
                to="/w/$workspace/runs/$run"
                params={{ workspace, run: run.id }}
                search={{ step: one.node, batch: one.batch }}
                resetScroll={false}
                className={classes.link}
                tabIndex={first + index === stopDrawn ? 0 : -1}
                onFocus={() => setStop(first + index)}
              >
                <span className="number">Batch {sayCount(one.batch)}</span>
                <span className={classes.track} data-failed={one.failed || undefined} aria-hidden>
                  <span
                    className={classes.wait}
                    style={{ left: share(Date.parse(one.startedAt) - from), width: share(one.waitingMs) }}
                  />
                  <span
                    className={classes.work}
                    style={{
                      left: share(Date.parse(one.startedAt) - from + one.waitingMs),
                      width: share(one.workingMs),
                    }}
                  />
                </span>
                <span className={classes.words}>
                  {one.waitingMs > 0 ? `waited ${sayLength(one.waitingMs)}, ` : ''}
                  {sayLength(one.workingMs)}
                  {one.retries > 0 ? `, ${countOf(one.retries, 'retry', 'retries')}` : ''}
                  {one.failed ? ', failed' : ''}
                </span>
                <span className={classes.total} data-failed={one.failed || undefined} aria-hidden>
                  {sayLength(lengthOf(one))}
                </span>
              </Link>
            </li>
          ))}
        </ol>
      </section>
    </>
  )
}
