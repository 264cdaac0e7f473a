import { sayLength } from '../format/time.ts'
import classes from './Waits.module.css'

/** The longest wait for a worker of each of 24 hours, as bars; said as a whole for those who hear it. */
export function Waits({ waits }: { waits: readonly (number | null)[] }) {
  const most = Math.max(1, ...waits.map((wait) => wait ?? 0))
  const known = waits.filter((wait) => wait !== null)
  if (known.length === 0) return <p className="muted">No run in 24 hours.</p>
  return (
    <div className={classes.waits}>
      <span className="muted">Longest wait by the hour, 24 hours: at most {sayLength(Math.max(...known) * 1000)}</span>
      <div
        className={classes.bars}
        role="img"
        aria-label={`The longest wait for a worker of each of the last 24 hours, at most ${sayLength(Math.max(...known) * 1000)}`}
      >
        {waits.map((wait, hour) => (
          <span
            // biome-ignore lint/suspicious/noArrayIndexKey: an hour is its place
            key={hour}
            title={wait === null ? 'No run' : sayLength(wait * 1000)}
            style={{ height: wait === null ? 0 : `max(2px, ${(wait / most) * 100}%)` }}
          />
        ))}
      </div>
    </div>
  )
}
