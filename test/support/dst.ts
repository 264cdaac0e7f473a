import { nextDue } from '../../server/schedule/schedule.ts'

// The oracle: a day's wall-clock time comes at the first minute at which the zone's clock has reached it. Worked out by
// looking at the clock minute by minute, with nothing of the product's own arithmetic.

const MINUTE = 60_000
const HOUR = 3_600_000
const DAY = 86_400_000
const FROM = Date.UTC(2020, 0, 1)
const UNTIL = Date.UTC(2036, 0, 1)

export type Transition = { readonly at: number; readonly before: number; readonly after: number }

class Clock {
  readonly #format: Intl.DateTimeFormat

  constructor(zone: string) {
    this.#format = new Intl.DateTimeFormat('sv-SE', {
      timeZone: zone,
      dateStyle: 'short',
      timeStyle: 'medium',
    })
  }

  /** `2026-03-29 02:00:00` */
  shows(instant: number): string {
    return this.#format.format(instant)
  }

  /** Minutes ahead of UTC. */
  offset(instant: number): number {
    return (Date.parse(`${this.shows(instant).replace(' ', 'T')}Z`) - instant) / MINUTE
  }
}

/** No zone changes its clock back within it: Morocco's month of fasting is the shortest stretch. */
const STEP = 21 * DAY

/** Every change of a zone's clock from 2020 to 2035, to the minute. */
export function transitionsOf(zone: string): Transition[] {
  const clock = new Clock(zone)
  const found: Transition[] = []
  let before = clock.offset(FROM)
  for (let at = FROM; at < UNTIL; at += STEP) {
    const after = clock.offset(at + STEP)
    if (after === before) continue
    let [low, high] = [at, at + STEP]
    while (high - low > MINUTE) {
      const middle = low + Math.floor((high - low) / 2 / MINUTE) * MINUTE
      if (clock.offset(middle) === before) low = middle
      else high = middle
    }
    found.push({ at: high, before, after })
    before = after
  }
  return found
}

/** One zone of each set of transitions, with how many share it. */
export function distinctZones(): Map<string, { readonly transitions: Transition[]; readonly zones: number }> {
  const groups = Map.groupBy(
    Intl.supportedValuesOf('timeZone').map((zone) => ({ zone, transitions: transitionsOf(zone) })),
    ({ transitions }) => JSON.stringify(transitions),
  )
  return new Map(
    [...groups.values()].flatMap((group) => {
      const [first] = group
      return first && first.transitions.length > 0
        ? [[first.zone, { transitions: first.transitions, zones: group.length }] as const]
        : []
    }),
  )
}

/** Times of day worth looking at around a change: before, at its edges, inside, after. */
function timesAround({ at, before, after }: Transition, thorough: boolean): string[] {
  const change = Math.abs(after - before)
  const local = at + Math.min(before, after) * MINUTE
  const half = Math.floor(change / 2)
  const minutes = thorough ? [-30, 0, half, change - 1, change, change + 30] : [0, half, change]
  return [...new Set(minutes.map((more) => new Date(local + more * MINUTE).toISOString().slice(11, 16)))]
}

export type Verdict = { due: number; missed: number; doubled: number; first?: string }

/** Compares the product's due times around each change of a zone's clock with the oracle's. */
export function judgeZone(
  zone: string,
  transitions: readonly Transition[],
  { thorough = false, next = nextDue }: { readonly thorough?: boolean; readonly next?: typeof nextDue } = {},
): Verdict {
  const verdict: Verdict = { due: 0, missed: 0, doubled: 0 }
  const clock = new Clock(zone)
  for (const transition of transitions) {
    const [from, until] = [transition.at - 30 * HOUR, transition.at + 30 * HOUR]
    const shown = minutesAround(clock, transition)
    for (const time of timesAround(transition, thorough)) {
      const [hour, minute] = time.split(':').map(Number)
      const expected = oracle(transition, shown, [time], from, until)
      compare(verdict, next, { zone, cron: `${minute} ${hour} * * *` }, expected, from, until)
    }
    if (!thorough) continue
    // Every half hour: what the clock leaves out comes once, at the end of the gap; what it repeats does not come again.
    const halves = Array.from({ length: 48 }, (_, half) => timeText(half * 30))
    compare(verdict, next, { zone, cron: '0,30 * * * *' }, oracle(transition, shown, halves, from, until), from, until)
  }
  return verdict
}

function compare(
  verdict: Verdict,
  next: typeof nextDue,
  { zone, cron }: { readonly zone: string; readonly cron: string },
  expected: readonly number[],
  from: number,
  until: number,
): void {
  const settings = { mode: 'wall-clock', cron, zone }
  const actual: number[] = []
  for (let due = next(settings, new Date(from)); due.getTime() < until; due = next(settings, due)) {
    actual.push(due.getTime())
  }
  verdict.due += expected.length
  const missed = expected.filter((due) => !actual.includes(due))
  const more = actual.filter((due, index) => !expected.includes(due) || actual.indexOf(due) !== index)
  verdict.missed += missed.length
  verdict.doubled += more.length
  if (missed.length + more.length > 0) {
    verdict.first ??= `${zone} ${cron}: missed ${missed.map(iso)}, came besides ${more.map(iso)}`
  }
}

/** What the clock shows, minute by minute, from before anything is out of the ordinary until it is over. */
function minutesAround(clock: Clock, { at, before, after }: Transition): (readonly [number, string])[] {
  const reach = (Math.abs(after - before) + 31) * MINUTE
  const minutes: (readonly [number, string])[] = []
  for (let minute = at - reach; minute <= at + reach; minute += MINUTE) minutes.push([minute, clock.shows(minute)])
  return minutes
}

/** For each day and time the first minute at which the clock shows it, or has passed it. */
function oracle(
  { at, before, after }: Transition,
  shown: readonly (readonly [number, string])[],
  times: readonly string[],
  from: number,
  until: number,
): number[] {
  const [first = 0] = shown[0] ?? []
  const [last = 0] = shown.at(-1) ?? []
  const due = new Set<number>()
  const day = Math.floor(at / DAY) * DAY
  for (const date of [-3, -2, -1, 0, 1, 2, 3].map((days) => day + days * DAY)) {
    for (const time of times) {
      const wanted = `${iso(date).slice(0, 10)} ${time}:00`
      const local = Date.parse(`${wanted.replace(' ', 'T')}Z`)
      // Far from the change the clock is ahead by the same as ever.
      const [early, late] = [local - before * MINUTE, local - after * MINUTE]
      const near = shown.find(([, text]) => text >= wanted)
      const instant = early <= first ? early : near ? near[0] : late
      if (instant > from && instant < until && (instant <= first || near || late > last)) due.add(instant)
    }
  }
  return [...due].sort((a, b) => a - b)
}

const timeText = (minutes: number) => iso(minutes * MINUTE).slice(11, 16)
const iso = (instant: number) => new Date(instant).toISOString()
