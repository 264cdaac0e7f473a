import type { DataRecord } from '../../../connectors/kit/connector.ts'
import { instantOf, offsetAt } from '../../schedule/wall-clock.ts'
import { kindOf } from '../record/decimal.ts'
import { readPath } from '../record/field-path.ts'

export type WaitSettings =
  | { readonly until: 'field'; readonly path: string; readonly time?: string; readonly zone?: string }
  | { readonly until: 'duration'; readonly amount: number; readonly unit: 'minutes' | 'hours' | 'days' }
  | { readonly until: 'clock'; readonly time: string; readonly zone: string }

const DAY_MS = 86_400_000
const UNIT_MS = { minutes: 60_000, hours: 3_600_000, days: DAY_MS } as const

const TIME = /^(\d{4}-\d\d-\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?$/

/**
 * Until when a record waits that came in at an instant: milliseconds since 1970, UTC; or in words why nobody can tell.
 * A wall-clock time that the zone leaves out comes at the end of the gap, one that it shows twice comes the first time.
 */
export function dueTime(settings: WaitSettings, record: DataRecord, cameAt: number): number | string {
  switch (settings.until) {
    case 'duration':
      return cameAt + settings.amount * UNIT_MS[settings.unit]
    case 'clock':
      return nextClock(settings.zone, minutesOf(settings.time), cameAt)
    case 'field':
      return fieldTime(settings, readPath(record, settings.path))
  }
}

function nextClock(zone: string, sinceMidnight: number, after: number): number {
  const local = after + offsetAt(zone, after)
  for (let midnight = Math.floor(local / DAY_MS) * DAY_MS; ; midnight += DAY_MS) {
    const instant = instantOf(zone, midnight + sinceMidnight)
    if (instant > after) return instant
  }
}

function fieldTime({ path, time, zone }: Extract<WaitSettings, { until: 'field' }>, value: unknown): number | string {
  if (value === undefined || value === null || value === '') return `There is no time at “${path}”.`
  if (typeof value !== 'string') return `“${path}” must be a time such as 2026-03-29T09:00:00Z, not ${kindOf(value)}.`
  const [, day, offset] = TIME.exec(value) ?? []
  const isDay = value === day
  const local = isDay ? Date.parse(`${value}T00:00:00Z`) : Date.parse(offset === undefined ? `${value}Z` : value)
  if (day === undefined || Number.isNaN(local) || !isCalendarDay(day)) {
    return `“${path}” is no time that can be read: it must be like 2026-03-29T09:00:00Z, or a day such as 2026-03-29.`
  }
  if (offset !== undefined) return local
  if (zone === undefined) return `“${path}” names no zone; give the node a time zone.`
  if (!isDay) return instantOf(zone, local)
  if (time === undefined) return `“${path}” is a day without a time; give the node a time of day.`
  return instantOf(zone, local + minutesOf(time))
}

/** `HH:MM` in milliseconds since midnight. */
function minutesOf(time: string): number {
  const [hours, minutes] = time.split(':')
  return (Number(hours) * 60 + Number(minutes)) * UNIT_MS.minutes
}

/** 30 February is none: a date made of it is another day. */
function isCalendarDay(day: string): boolean {
  const at = Date.parse(`${day}T00:00:00Z`)
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(day)
}
