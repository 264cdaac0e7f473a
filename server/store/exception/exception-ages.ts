import { type RawBuilder, sql } from 'kysely'

export type ExceptionAge = 'day' | 'week' | 'older'

/** How long something has been there: up to a day, up to seven, longer. The days are taken off once, not for every row. */
export const ageOf = (since: RawBuilder<unknown>) => sql<ExceptionAge>`case
  when ${since} > (select now() - interval '1 day') then 'day'
  when ${since} > (select now() - interval '7 days') then 'week' else 'older' end`
