import { dateFormatter } from './formatters.ts'
import { preferred, sayDate } from './preferred.ts'

const LOCAL = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/

/** “Sun 29 Mar 2026, 06:00” as a clock on the wall of that place shows it, from `2026-03-29T06:00:00+01:00`. */
export function sayLocal(local: string): string {
  const match = LOCAL.exec(local)
  if (match === null) return local
  const at = new Date(`${match[1]}:00Z`)
  const said = (options: Intl.DateTimeFormatOptions): string =>
    dateFormatter('en-GB', { timeZone: 'UTC', ...options }).format(at)
  const day =
    sayDate(at.getUTCFullYear(), at.getUTCMonth() + 1, at.getUTCDate()) ??
    said({ day: 'numeric', month: 'short', year: 'numeric' })
  const clock = said({ hour: '2-digit', minute: '2-digit', hour12: preferred().clock === '12' })
  return `${said({ weekday: 'short' })} ${day}, ${clock}`
}

/** Minutes ahead of UTC of such a time; undefined where it says none. */
export function offsetOf(local: string): number | undefined {
  const zone = LOCAL.exec(local)?.[2]
  if (zone === undefined) return undefined
  if (zone === 'Z') return 0
  const [hours = 0, minutes = 0] = zone.slice(1).split(':').map(Number)
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes)
}

/** “1 hour ahead of UTC”, “same as UTC”, “3 hours 30 minutes behind UTC”. */
export function sayOffset(minutes: number): string {
  if (minutes === 0) return 'same as UTC'
  const hours = Math.floor(Math.abs(minutes) / 60)
  const rest = Math.abs(minutes) % 60
  const parts = [
    ...(hours > 0 ? [`${hours} ${hours === 1 ? 'hour' : 'hours'}`] : []),
    ...(rest > 0 ? [`${rest} minutes`] : []),
  ]
  return `${parts.join(' ')} ${minutes > 0 ? 'ahead of' : 'behind'} UTC`
}
