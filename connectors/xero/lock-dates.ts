import type { Context, Outcome, WriteItem } from '../kit/connector.ts'
import { textOf } from '../kit/fields.ts'
import { getList } from './client.ts'
import { ORGANISATION } from './connection.ts'

/** Reading the organisation for its lock dates. */
export const LOCK_PERMISSIONS = ORGANISATION.permissions

/**
 * What of a batch would fall into a period that the organisation has closed, asked with one call. A lock date may move
 * afterwards: then Xero's own refusal has the same code. `dayOf` is undefined for what is dated by Xero (today).
 */
export async function refuseLocked(
  context: Context,
  items: readonly WriteItem[],
  dayOf: (item: WriteItem) => string | undefined,
): Promise<readonly (Extract<Outcome, { readonly status: 'rejected' }> | undefined)[]> {
  const days = items.map(dayOf)
  if (days.every((day) => day === undefined)) return items.map(() => undefined)
  const { records } = await getList(context, ORGANISATION)
  const locks = [
    { name: 'end of year lock date', day: textOf(records[0]?.EndOfYearLockDate) },
    { name: 'period lock date', day: textOf(records[0]?.PeriodLockDate) },
  ].filter(({ day }) => day !== '')
  return days.map((day) => {
    const lock = locks.find((one) => day !== undefined && day <= one.day)
    if (!lock) return undefined
    return {
      status: 'rejected',
      code: 'PERIOD_LOCKED',
      message: `Nothing was sent: it is dated ${day}, and the ${lock.name} of the organisation is ${lock.day}.`,
    }
  })
}
