import { sayCountdown, sayExactly } from '../format/time.ts'
import { useSeconds } from './use-now.ts'

/** When something goes on by itself: how long still, and the moment itself. Silent for those who hear it tick. */
export function Countdown({ at }: { at: string }) {
  const moment = new Date(at)
  const now = useSeconds(moment.getTime())
  return (
    <time dateTime={at} aria-live="off">
      <span className="number">{sayCountdown(moment, now)}</span> <span className="muted">· {sayExactly(moment)}</span>
    </time>
  )
}
