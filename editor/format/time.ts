import { dateFormatter } from './formatters.ts'
import { sayTenths } from './number.ts'
import { preferred, preferredZone, sayDate } from './preferred.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Where times are shown; tests name a zone and a language. */
export type Place = { readonly language?: string; readonly zone?: string }

const formatter = (place: Place, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
  dateFormatter(place.language ?? 'en-GB', {
    timeZone: place.zone ?? preferred().zone,
    ...hours(),
    ...options,
  })

const hours = (): Intl.DateTimeFormatOptions => {
  const { clock } = preferred()
  return clock === undefined ? {} : { hour12: clock === '12' }
}

/** The day in the chosen way, as it is where times are shown. */
function chosenDay(at: Date, place: Place): string | undefined {
  const parts = formatter(place, { year: 'numeric', month: 'numeric', day: 'numeric' }).formatToParts(at)
  const part = (type: string): number => Number(parts.find((one) => one.type === type)?.value)
  return sayDate(part('year'), part('month'), part('day'))
}

/** Swedish writes days the ISO way. */
const dayOf = (at: Date, place: Place): string =>
  formatter({ ...place, language: 'sv-SE' }, { year: 'numeric', month: '2-digit', day: '2-digit' }).format(at)

/** Short, as a colleague would say it: “2 min ago”, “today 09:41”, “12 Oct 09:41”, “in 4 min”. */
export function sayWhen(at: Date, now: Date, place: Place = {}): string {
  const ahead = at.getTime() - now.getTime()
  if (Math.abs(ahead) < 45_000) return ahead > 10_000 ? 'in less than a minute' : 'just now'
  if (Math.abs(ahead) < 55 * MINUTE) {
    const minutes = Math.max(1, Math.round(Math.abs(ahead) / MINUTE))
    return ahead > 0 ? `in ${minutes} min` : `${minutes} min ago`
  }
  const clock = formatter(place, { hour: '2-digit', minute: '2-digit' }).format(at)
  // Days, not times 24 hours: a day on which clocks change has 23 or 25.
  const [day, today] = [dayOf(at, place), dayOf(now, place)]
  const apart = (Date.parse(day) - Date.parse(today)) / DAY
  if (apart === 0) return `today ${clock}`
  if (apart === -1) return `yesterday ${clock}`
  if (apart === 1) return `tomorrow ${clock}`
  const own = chosenDay(at, place)
  if (own !== undefined) return `${own} ${clock}`
  const sameYear = day.slice(0, 4) === today.slice(0, 4)
  const date = formatter(place, { day: 'numeric', month: 'short', ...(sameYear ? {} : { year: 'numeric' }) }).format(at)
  return `${date} ${clock}`
}

/** In full, with how far from UTC, for the moment a person wants to know exactly. Names of zones such as CST mean several. */
export function sayExactly(at: Date, place: Place = {}): string {
  const own = chosenDay(at, place)
  const clock = { hour: '2-digit', minute: '2-digit', second: '2-digit' } as const
  const said =
    own === undefined
      ? formatter(place, { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', ...clock }).format(at)
      : `${formatter(place, { weekday: 'short' }).format(at)} ${own}, ${formatter(place, clock).format(at)}`
  return `${said} ${offsetAt(at, place)}`
}

/** How far the clock is from UTC at a moment: “UTC+02:00”. */
function offsetAt(at: Date, place: Place): string {
  const parts = formatter(place, { timeZoneName: 'longOffset' }).formatToParts(at)
  // The language writes “GMT+02:00”, and nothing behind it where there is no difference.
  const offset = parts.find(({ type }) => type === 'timeZoneName')?.value.replace('GMT', '') ?? ''
  return `UTC${offset || '+00:00'}`
}

/** By which clock times are shown: “Europe/Berlin, UTC+02:00”. */
export function sayZone(at: Date, place: Place = {}): string {
  // As it was chosen: browsers know some zones by their old names only, such as Asia/Calcutta.
  const zone = place.zone ?? preferredZone()
  return zone === 'UTC' ? zone : `${zone}, ${offsetAt(at, place)}`
}

/** A length of time from milliseconds: “840 ms”, “3.2 s”, “2 min 5 s”, “1 h 12 min”. */
export function sayLength(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < MINUTE) {
    // 59.96 s would be shown as “60.0 s”: whole seconds near the top.
    const seconds = ms < 10_000 ? sayTenths(ms / 1000) : String(Math.floor(ms / 1000))
    return `${seconds} s`
  }
  if (ms < HOUR) {
    const seconds = Math.floor((ms % MINUTE) / 1000)
    return seconds === 0 ? `${Math.floor(ms / MINUTE)} min` : `${Math.floor(ms / MINUTE)} min ${seconds} s`
  }
  const minutes = Math.floor((ms % HOUR) / MINUTE)
  return minutes === 0 ? `${Math.floor(ms / HOUR)} h` : `${Math.floor(ms / HOUR)} h ${minutes} min`
}

/** How long until a moment, to the second: “in 22:04”, “in 3:00:12”, “any moment now” once it has passed. */
export function sayCountdown(at: Date, now: Date): string {
  const seconds = Math.ceil((at.getTime() - now.getTime()) / 1000)
  if (seconds <= 0) return 'any moment now'
  const two = (part: number): string => String(part).padStart(2, '0')
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor(seconds / 60) % 60
  return hours > 0 ? `in ${hours}:${two(minutes)}:${two(seconds % 60)}` : `in ${minutes}:${two(seconds % 60)}`
}

/** The calendar day of a moment where times are shown: `2026-10-01`. */
export function dayAt(at: Date, place: Place = {}): string {
  const parts = formatter(place, { year: 'numeric', month: '2-digit', day: '2-digit' }).formatToParts(at)
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? ''
  return `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}`
}

/** A calendar day as text, `2026-10-01` → “1 Oct 2026”; never shifted by a zone. */
export function sayDay(day: string): string {
  const at = new Date(`${day}T00:00:00Z`)
  if (Number.isNaN(at.getTime())) return day
  return (
    sayDate(at.getUTCFullYear(), at.getUTCMonth() + 1, at.getUTCDate()) ??
    formatter({ zone: 'UTC' }, { day: 'numeric', month: 'short', year: 'numeric' }).format(at)
  )
}
