import { countOf, sayCount } from '../format/number.ts'
import { sayExactly } from '../format/time.ts'
import { useNow } from '../parts/use-now.ts'
import classes from './WeekBars.module.css'

const DAY = 86_400_000

/** Items sent in each of the last seven times 24 hours, as bars with their numbers; nothing where nothing was sent. */
export function WeekBars({ days }: { days: readonly number[] }) {
  const now = useNow()
  const most = Math.max(...days)
  if (days.length === 0 || most === 0) return null
  const bars = days.map((sent, place) => ({ sent, until: new Date(now.getTime() - (days.length - 1 - place) * DAY) }))
  return (
    <figure className={classes.week}>
      <div
        className={classes.bars}
        role="img"
        aria-label={`Items sent in each of the last ${days.length} days, the oldest first: ${days.map(sayCount).join(', ')}`}
      >
        {bars.map(({ sent, until }) => (
          <div
            key={until.getTime()}
            className={classes.day}
            title={`${countOf(sent, 'item')} sent in the 24 hours until ${sayExactly(until)}`}
          >
            <span className={classes.count}>{sayCount(sent)}</span>
            <span className={classes.bar} style={{ height: sent === 0 ? 1 : Math.max(3, (sent / most) * 32) }} />
          </div>
        ))}
      </div>
      <figcaption className={classes.scale} aria-hidden>
        <span>{days.length} days ago</span>
        <span>now</span>
      </figcaption>
    </figure>
  )
}
