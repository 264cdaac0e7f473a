import type { Context, DataRecord, Outcome, WriteItem } from '../../kit/connector.ts'
import { textOf } from '../../kit/fields.ts'
import { MAX_IDS } from '../read/by-id.ts'
import { getList } from '../client/client.ts'
import { ORGANISATION } from '../client/connection.ts'

/** Reading the organisation for its lock dates. */
export const LOCK_PERMISSIONS = ORGANISATION.permissions

type Rejected = Extract<Outcome, { readonly status: 'rejected' }>

/**
 * What of a batch would fall into a period that the organisation has closed, asked with one call. A lock date may move
 * afterwards: then Xero's own refusal has the same code. `dayOf` is undefined for what is dated by Xero (today).
 */
export async function refuseLocked(
  context: Context,
  items: readonly WriteItem[],
  dayOf: (item: WriteItem) => string | undefined,
): Promise<readonly (Rejected | undefined)[]> {
  const days = items.map(dayOf)
  if (days.every((day) => day === undefined)) return items.map(() => undefined)
  const locks = await locksOf(context)
  return days.map((day) => verdictOn(locks, day))
}

/**
 * The same of things that are in Xero already, whose days it has to be asked for. `find` gets the ids, at most
 * `MAX_IDS` a call, and answers the records. Where no date is locked, it is not asked. What it does not know is let go:
 * that is for Xero to refuse.
 */
export async function refuseLockedThere(
  context: Context,
  items: readonly WriteItem[],
  idField: string,
  find: (ids: readonly string[]) => Promise<{ readonly records: readonly DataRecord[] }>,
): Promise<readonly (Rejected | undefined)[]> {
  const locks = await locksOf(context)
  if (locks.length === 0) return items.map(() => undefined)
  const ids = items.map(({ value }) => textOf(value[idField]))
  const days = new Map<string, string>()
  for (let from = 0; from < ids.length; from += MAX_IDS) {
    const { records } = await find(ids.slice(from, from + MAX_IDS))
    for (const record of records) days.set(textOf(record[idField]).toLowerCase(), textOf(record.Date))
  }
  return ids.map((id) => verdictOn(locks, days.get(id)))
}

type Lock = { readonly name: string; readonly day: string }

async function locksOf(context: Context): Promise<readonly Lock[]> {
  const { records } = await getList(context, ORGANISATION)
  return [
    { name: 'end of year lock date', day: textOf(records[0]?.EndOfYearLockDate) },
    { name: 'period lock date', day: textOf(records[0]?.PeriodLockDate) },
  ].filter(({ day }) => day !== '')
}

function verdictOn(locks: readonly Lock[], day: string | undefined): Rejected | undefined {
  const lock = locks.find((one) => day !== undefined && day !== '' && day <= one.day)
  if (!lock) return undefined
  return {
    status: 'rejected',
    code: 'PERIOD_LOCKED',
    message: `Nothing was sent: it is dated ${day}, and the ${lock.name} of the organisation is ${lock.day}.`,
  }
}
