import { visible } from '../format/visible.ts'
import classes from './Sample.module.css'

/** Names what was changed since records were taken, as they may not be what they would be now. */
export function Stale({ names, since }: { names: readonly string[]; since: string }) {
  if (names.length === 0) return null
  const [first = '', ...rest] = names
  return (
    <p className={classes.stale} role="status">
      “{visible(first)}”{rest.length > 0 ? ` and ${rest.length} more` : ''} {rest.length > 0 ? 'were' : 'was'} changed
      since {since}: test again.
    </p>
  )
}
