import { Tooltip } from '@mantine/core'
import { sayExactly, sayWhen } from '../format/time.ts'
import { useNow } from './use-now.ts'

/** A moment, relative; exact with its zone on hover and focus. */
export function When({ at, empty = '—' }: { at: string | null | undefined; empty?: string }) {
  const now = useNow()
  if (at === null || at === undefined) return <span className="muted">{empty}</span>
  const moment = new Date(at)
  // The server's clock may run a second ahead of ours: never say “in 1 s” of something that has happened.
  return (
    <Tooltip label={sayExactly(moment)} events={{ hover: true, focus: true, touch: true }} withArrow>
      <time dateTime={at} className="number" style={{ whiteSpace: 'nowrap' }}>
        {sayWhen(moment, now)}
      </time>
    </Tooltip>
  )
}
