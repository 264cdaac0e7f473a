import { Link } from '@tanstack/react-router'
import type { RecordEvent } from '../../server/contract/search.ts'
import { sayExactly } from '../format/time.ts'
import { StateBadge } from '../parts/StateBadge.tsx'
import { When } from '../parts/When.tsx'
import { dayOf } from './days.ts'
import { EVENT_WORDS } from './event-words.ts'
import classes from './Timeline.module.css'

/** What happened, newest first, under the day on which it did. */
export function Timeline({ workspace, events }: { workspace: string; events: readonly RecordEvent[] }) {
  const days = Map.groupBy(events, (event) => dayOf(event.at))
  return (
    <div className={classes.days}>
      {[...days].map(([day, those]) => (
        <section key={day} aria-label={day}>
          <h2 className={classes.day}>{day}</h2>
          <ol className={classes.events}>
            {those.map((event, place) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: what happened in one moment has no identity but its place
              <li key={`${event.at} ${place}`} className={classes.event}>
                <span className={classes.badge}>
                  <StateBadge {...EVENT_WORDS[event.what]} />
                </span>
                <div className={classes.text}>
                  <p>{event.sentence}</p>
                  <p className={classes.links}>
                    <span title={sayExactly(new Date(event.at))}>
                      <When at={event.at} />
                    </span>
                    <Links workspace={workspace} event={event} />
                  </p>
                </div>
              </li>
            ))}
          </ol>
        </section>
      ))}
    </div>
  )
}

function Links({ workspace, event }: { workspace: string; event: RecordEvent }) {
  return (
    <>
      {event.flow ? (
        <Link
          to="/w/$workspace/flows/$flow"
          params={{ workspace, flow: event.flow.id }}
          search={{
            tab: 'steps',
            ...(event.version === null ? {} : { version: event.version }),
            ...(event.node === null ? {} : { step: event.node }),
          }}
        >
          {event.flow.name}
          {event.version === null ? '' : `, version ${event.version}`}
        </Link>
      ) : null}
      {event.run ? (
        <Link
          to="/w/$workspace/runs/$run"
          params={{ workspace, run: event.run }}
          search={{
            ...(event.node === null ? {} : { step: event.node }),
            ...(event.batch === null ? {} : { batch: event.batch }),
          }}
        >
          {event.nodeName ? `Step “${event.nodeName}” of the run` : 'The run'}
        </Link>
      ) : null}
      {event.exception ? (
        <Link to="/w/$workspace/exceptions/$exception" params={{ workspace, exception: event.exception }}>
          The exception
        </Link>
      ) : null}
      {event.what === 'unknown' ? (
        <Link to="/w/$workspace/unknown" params={{ workspace }} search={event.run ? { run: event.run } : {}}>
          Say whether it arrived
        </Link>
      ) : null}
    </>
  )
}
