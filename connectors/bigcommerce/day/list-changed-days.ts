import { type Context, type Cursor, type DataRecord, defineRead, type Page } from '../../kit/connector.ts'
import { StepError } from '../../kit/errors.ts'
import { dayAfter, dayBegins } from '../../kit/zoned-day.ts'
import { type Changes, changedDays, changesFrom } from './changed-days.ts'
import { getV2, SCOPES } from '../client/client.ts'
import { withInstants } from '../read/dates.ts'
import { dayOf, DaySettings, daysOf, type WholeDays } from './days.ts'
import { entryFlaw } from '../read/shapes.ts'

const permissions = [SCOPES.orders, SCOPES.transactions]
/** Days of one page: whoever looks up their orders has all of them in one batch. */
const PAGE = 7

export const listChangedDays = defineRead({
  name: 'list-changed-days',
  title: 'List changed days',
  summary: 'Reads which days are over and have orders or refunds that are new or changed, without what is in them.',
  synonyms: ['sales days', 'close of business', 'daily summary'],
  settings: DaySettings,
  permissions,
  incremental: true,
  // A day comes as often as it changes.
  exact: true,
  flaw: entryFlaw,
  read: (context, from) => walk(context, daysOf(context.settings, permissions), from),
  window: {
    title: 'day of the order or refund',
    async *read(_context, { from: first, to }, from) {
      const days = from === undefined ? daysBetween(first, to) : placeOf(from).days
      yield* inPages({ changes: {}, open: [], days })
    },
  },
})

type Place = {
  readonly changes: Changes
  /** Days that were not over: they come when they are. */
  readonly open: readonly string[]
  /** What has not left yet. */
  readonly days: readonly string[]
}

async function* walk(context: Context, of: WholeDays, from: Cursor | undefined): AsyncGenerator<Page> {
  let place = from === undefined ? undefined : placeOf(from)
  let strange: readonly DataRecord[] = []
  if (!place || place.days.length === 0) {
    const found = place ? await changedDays(context, of, place.changes) : await allDays(context, of)
    strange = found.strange
    const days = [...new Set([...(place?.open ?? []), ...found.days])].filter((day) => day >= of.startAt).sort()
    place = {
      changes: found.changes,
      open: days.filter((day) => day >= found.today),
      days: days.filter((day) => day < found.today),
    }
  }
  yield* inPages(place, strange)
}

async function* inPages(from: Place, beside: readonly DataRecord[] = []): AsyncGenerator<Page> {
  let [place, more] = [from, beside]
  do {
    const days = place.days.slice(0, PAGE).map((day) => ({ document: `day ${day}`, day }))
    place = { ...place, days: place.days.slice(PAGE) }
    yield { records: [...days, ...more], cursor: place }
    more = []
  } while (place.days.length > 0)
}

/** Every day since the first order, up to today. */
async function allDays(context: Context, of: WholeDays) {
  const { changes, strange, today } = await changesFrom(context, of)
  const { records } = await getV2(context, {
    ...{ path: '/v2/orders', doing: 'find the first order', permissions },
    query: {
      ...(of.startAt === '' ? {} : { min_date_created: new Date(dayBegins(of.startAt, of.zone)).toISOString() }),
      ...{ sort: 'date_created:asc', page: 1, limit: 10 },
    },
  })
  const first = records.map((order) => dayOf(withInstants(order).date_created, of)).find((day) => day !== undefined)
  return { changes, strange, today, days: first ? daysBetween(first, dayAfter(today)) : [] }
}

function daysBetween(from: string, to: string): readonly string[] {
  const days: string[] = []
  for (let day = from; day < to; day = dayAfter(day)) days.push(day)
  return days
}

function placeOf(cursor: Cursor): Place {
  const { changes, open, days } = cursor
  if (typeof changes !== 'object' || !Array.isArray(open) || !Array.isArray(days)) {
    throw new StepError('CONFIG_INVALID', 'The stored cursor is not one of days. Reset it to read from the start.')
  }
  // Written by this file.
  return { changes: changes as Changes, open, days }
}
