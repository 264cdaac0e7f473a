import { Link } from '@tanstack/react-router'
import type { Now } from '../../server/contract/now.ts'
import { countOf, sayCount } from '../format/number.ts'
import { sayExactly, sayLength, sayWhen } from '../format/time.ts'
import { Fact, Facts } from '../parts/Facts.tsx'
import { StateBadge } from '../parts/StateBadge.tsx'
import { When } from '../parts/When.tsx'
import { Card } from '../shell/Page.tsx'
import { RUN_WORDS } from '../words.ts'
import classes from './Now.module.css'
import { sayDay } from './say-now.ts'

/** The last 24 hours: runs begun in each, what failed of them, the last run and the next. */
export function Hours({ workspace, now }: { workspace: string; now: Now }) {
  const waits = now.hours.flatMap(({ waitedSeconds }) => waitedSeconds ?? [])
  return (
    <Card>
      <Facts>
        <Fact term="Last run">
          {now.lastRun ? (
            <span>
              <Link to="/w/$workspace/runs/$run" params={{ workspace, run: now.lastRun.run }}>
                {now.lastRun.flow.name}
              </Link>{' '}
              <StateBadge {...RUN_WORDS[now.lastRun.state]} /> <When at={now.lastRun.endedAt} />
            </span>
          ) : (
            'None yet'
          )}
        </Fact>
        <Fact term="Next run">
          {now.nextRun ? (
            <span>
              <Link to="/w/$workspace/flows/$flow" params={{ workspace, flow: now.nextRun.flow.id }}>
                {now.nextRun.flow.name}
              </Link>{' '}
              <When at={now.nextRun.dueAt} />
            </span>
          ) : (
            'None by a schedule'
          )}
        </Fact>
        <Fact term="Flows on">{sayCount(now.flowsOn)}</Fact>
        <Fact term="Longest wait for a worker, 24 h">
          {waits.length === 0
            ? 'No run began'
            : waits.every((wait) => wait < 1)
              ? 'Less than a second'
              : sayLength(Math.max(...waits) * 1000)}
        </Fact>
      </Facts>
      {now.hours.some(({ runs }) => runs > 0) ? <Chart workspace={workspace} now={now} /> : null}
    </Card>
  )
}

function Chart({ workspace, now }: { workspace: string; now: Now }) {
  const most = Math.max(1, ...now.hours.map(({ runs }) => runs))
  const failed = now.hours.some((hour) => hour.failed > 0)
  return (
    <figure className={classes.hours}>
      <p className="muted">Runs by the hour: at most {sayCount(most)}</p>
      <div className={classes.bars} role="img" aria-label={`Runs of the last 24 hours by the hour. ${sayDay(now)}`}>
        {now.hours.map((hour) => (
          <div
            key={hour.at}
            className={classes.hour}
            data-version={versionsIn(now, hour).length > 0 || undefined}
            title={[sayHour(hour), ...versionsIn(now, hour).map(sayVersion)].join('. ')}
          >
            {hour.runs - hour.failed - hour.partly > 0 ? (
              <span className={classes.good} style={{ height: part(hour.runs - hour.failed - hour.partly, most) }} />
            ) : null}
            {hour.partly > 0 ? <span className={classes.partly} style={{ height: part(hour.partly, most) }} /> : null}
            {hour.failed > 0 ? <span className={classes.failed} style={{ height: part(hour.failed, most) }} /> : null}
          </div>
        ))}
      </div>
      <div className={`${classes.scale} muted`} aria-hidden>
        <span>24 hours ago</span>
        <span>now</span>
      </div>
      <figcaption className={classes.legend}>
        <span style={{ '--mark': 'var(--control-border)' } as React.CSSProperties}>Succeeded or under way</span>
        <span style={{ '--mark': 'var(--attention)' } as React.CSSProperties}>Partly done</span>
        <span style={{ '--mark': 'var(--failed)' } as React.CSSProperties}>Failed</span>
        {now.versions.map((one) => (
          <span key={one.version} style={{ '--mark': 'var(--accent)' } as React.CSSProperties}>
            {sayVersion(one)}
          </span>
        ))}
        {failed ? (
          <Link to="/w/$workspace/runs" params={{ workspace }} search={{ state: 'failed', since: 'day' }}>
            All that failed in 24 hours
          </Link>
        ) : null}
      </figcaption>
    </figure>
  )
}

/** Versions of the product that came into use within an hour. */
const versionsIn = ({ versions }: Now, { at }: Now['hours'][number]): Now['versions'] =>
  versions.filter((one) => {
    const after = Date.parse(one.at) - Date.parse(at)
    return after >= 0 && after < 3_600_000
  })

const sayVersion = ({ version, at }: Now['versions'][number]): string =>
  `Version ${version} since ${sayWhen(new Date(at), new Date())}`

/** What is there is seen, however little it is of the rest. */
const part = (count: number, most: number): string => `max(2px, ${(count / most) * 100}%)`

const sayHour = (hour: Now['hours'][number]): string =>
  `From ${sayExactly(new Date(hour.at))}: ${countOf(hour.runs, 'run')}, ${sayCount(hour.failed)} failed, ${sayCount(hour.partly)} partly done`
