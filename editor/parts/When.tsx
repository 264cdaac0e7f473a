import { Tooltip } from '@mantine/core'
import { sayExactly, sayWhen } from '../format/time.ts'
import { useNow } from './use-now.ts'

/** A moment, relative; exact with its zone on hover and focus, and on paper, where “2 min ago” says nothing. */
export function When({ at, empty = '—' }: { at: string | null | undefined; empty?: string }) {
  const now = useNow()
  if (at === null || at === undefined) return <span className="muted">{empty}</span>
  const moment = new Date(at)
  const exactly = sayExactly(moment)
  // Our moment is up to a tick old, and the server's clock may be ahead by a second: what has happened is not “in 1 s”.
  const happened = moment.getTime() <= Date.now() + 1_000
  return (
    <Tooltip label={exactly} events={{ hover: true, focus: true, touch: true }} withArrow>
      <time dateTime={at} className="number" data-exact={exactly}>
        {sayWhen(moment, happened && moment > now ? moment : now)}
      </time>
    </Tooltip>
  )
}
