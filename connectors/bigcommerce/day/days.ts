import { Type } from 'typebox'
import { textOf } from '../../kit/fields.ts'
import { dayIn } from '../../kit/zoned-day.ts'
import { ChangedSince } from '../read/list-settings.ts'
import { MOST_OF_A_PAGE } from '../read/pages.ts'

/** Which days are read, and how. */
export type WholeDays = {
  readonly zone: string
  /** First day that is ever read; empty: the first there is. */
  readonly startAt: string
  readonly pageSize: number
  readonly permissions: readonly string[]
}

/** The day of an order or refund, by the clock of the zone; undefined where its time cannot be read. */
export function dayOf(time: unknown, { zone }: Pick<WholeDays, 'zone'>): string | undefined {
  const at = Date.parse(textOf(time))
  return Number.isNaN(at) ? undefined : dayIn(at, zone)
}

export const DaySettings = Type.Object(
  {
    zone: Type.String({
      title: 'Time zone',
      description: 'By whose clock a day begins and ends, such as Europe/London.',
      // No fixed offset: it knows no summer time.
      pattern: '^[A-Za-z]',
      maxLength: 60,
      default: 'UTC',
    }),
    changedSince: Type.String({
      ...ChangedSince,
      title: 'First day',
      description: 'Earlier days are never read, such as 2026-01-31; empty: from the beginning.',
    }),
  },
  { additionalProperties: false },
)

export const daysOf = (
  { zone, changedSince }: { readonly zone: string; readonly changedSince: string },
  permissions: readonly string[],
): WholeDays => ({ zone, startAt: changedSince, pageSize: MOST_OF_A_PAGE, permissions })
