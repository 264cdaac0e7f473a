import type { Transaction } from 'kysely'
import { type TracePlace, whenDropped } from '../../store/database/partitions.ts'
import type { Database } from '../../store/database/schema.ts'

/** A sentence for people about what of a run's trace is past its time; null while all of it is there. */
export async function droppedNote(tx: Transaction<Database>, place: TracePlace): Promise<string | null> {
  const content = await whenDropped(tx, 'payloads', place)
  if (!content) return null
  const said = (what: string, { at, days }: { at: Date; days: number }) =>
    `${what} of this run were dropped on ${at.toISOString().slice(0, 10)}: traces of the class “${place.traceClass}” keep them for ${days} days.`
  const metadata = await whenDropped(tx, 'steps', place)
  return [said('The records', content), ...(metadata ? [said('The steps', metadata)] : [])].join(' ')
}
