import { randomUUID } from 'node:crypto'
import { DAY, isoDay } from './clock.ts'

/** JSON as it goes over the wire. */
export type Wire = { [name: string]: unknown }

export const PROVIDER_NAME = 'Sandbox App'

/** A calendar day: midnight UTC of it. */
export const msDay = (day: number): string => `/Date(${day * DAY}+0000)/`
export const dayText = (day: number): string => `${isoDay(day)}T00:00:00`
/** An instant. */
export const msInstant = (instant: number): string => `/Date(${instant}+0000)/`
export const instantText = (instant: number): string => `${new Date(instant).toISOString().slice(0, 19)}Z`

export type Pagination = { page: number; pageSize: number; pageCount: number; itemCount: number }

/** The frame of every 2xx answer. `pagination` comes before the list and only when the list is paged. */
export function envelope(now: number, key: string, records: readonly Wire[], pagination?: Pagination): Wire {
  return {
    Id: randomUUID(),
    Status: 'OK',
    ProviderName: PROVIDER_NAME,
    DateTimeUTC: `/Date(${now})/`,
    ...(pagination ? { pagination } : {}),
    [key]: records,
  }
}
