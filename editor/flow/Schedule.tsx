import { useQuery } from '@tanstack/react-query'
import type { NextDueList } from '../../server/contract/run-starts.ts'
import { offsetOf, sayLocal, sayOffset } from '../format/local-time.ts'
import { Banner } from '../parts/Banner.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { When } from '../parts/When.tsx'
import { scheduleQuery } from '../queries.ts'
import classes from './Schedule.module.css'

type Item = NextDueList['items'][number]

/** When a flow starts by itself: its schedules with the next times as the clock of their place shows them. */
export function Schedule(props: { workspace: string; flow: string; on: boolean; published: boolean }) {
  const { workspace, flow, on, published } = props
  const schedule = useQuery(scheduleQuery(workspace, flow))
  return (
    <Loaded query={schedule} rows={5}>
      {({ items }) =>
        items.length === 0 ? (
          published ? (
            <EmptyState title="It has no schedule">
              It starts by hand, or when another system tells of something.
            </EmptyState>
          ) : (
            <EmptyState title="Nothing is published yet">
              The times of a schedule are those of the version that is live. Publish the draft, and they stand here.
            </EmptyState>
          )
        ) : (
          <>
            {on ? null : (
              <Banner tone="off" title="The flow is off">
                <p>These are the times at which it would start.</p>
              </Banner>
            )}
            {items.map((item) => (
              <One key={item.node} item={item} />
            ))}
          </>
        )
      }
    </Loaded>
  )
}

function One({ item }: { item: Item }) {
  return (
    <section className={classes.card} aria-label={item.name}>
      <h2 className="small">{item.name}</h2>
      <p className="muted">{item.words.charAt(0).toUpperCase() + item.words.slice(1)}</p>
      {item.note ? <p>{item.note}</p> : null}
      {item.due.length === 0 ? (
        <p>It never comes due: no such day exists.</p>
      ) : (
        <ol className={classes.times}>
          {item.due.map((due, place) => {
            const offset = offsetOf(due.local)
            const before = offsetOf(item.due[place - 1]?.local ?? '')
            const moved = offset !== undefined && before !== undefined && offset !== before
            return (
              <li key={due.at}>
                <span className="number">{sayLocal(due.local)}</span>
                <span className="muted">{offset === undefined ? '' : sayOffset(offset)}</span>
                <span className={classes.moved}>{moved ? 'The clocks have changed' : ''}</span>
                <span className="muted">
                  for you <When at={due.at} />
                </span>
              </li>
            )
          })}
        </ol>
      )}
    </section>
  )
}
