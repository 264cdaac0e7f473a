import { offsetAt } from '../schedule/wall-clock.ts'
import type { WatchedFlow } from '../store/alert/alert-causes.ts'

/** What an operation is about and where it goes, from the catalog. */
export type Words = {
  /** `xero.list-invoices` → invoices; undefined for what reads nothing. */
  thing(operation: string): string | undefined
  /** `emarsys.send-sales` → Emarsys; undefined for what writes nothing. */
  target(operation: string): string | undefined
}

type Node = { readonly operation?: unknown; readonly disabled?: unknown }

/** What it means that a flow does not come through: “Invoices since 06:10 are not in Emarsys.” */
export function missing({ name, document, since }: WatchedFlow, words: Words, zone: string, now: Date): string {
  const { things, targets } = partsOf(document, words)
  const when = since === null ? '' : ` since ${sayTime(since, zone, now)}`
  if (things.length === 0) return `“${name}” has not come through${when}.`
  const what = capital(listed(things))
  if (targets.length === 0) return `${what}${when} have not been looked at.`
  return `${what}${when} are not in ${listed(targets)}.`
}

/** What it means that a flow comes through and finds nothing: “No invoices have come in for 2 hours.” */
export function nothingNew({ name, document }: WatchedFlow, words: Words, span: string): string {
  const { things } = partsOf(document, words)
  if (things.length === 0) return `“${name}” has found nothing for ${span}.`
  return `No new ${listed(things, 'or')} have been found for ${span}.`
}

function partsOf(document: unknown, words: Words) {
  const { nodes = [] } = document as { readonly nodes?: readonly Node[] } // stored flows were checked
  const operations = nodes.filter(({ disabled }) => disabled === undefined).map(({ operation }) => String(operation))
  const each = (say: (operation: string) => string | undefined) =>
    [...new Set(operations.map(say))].filter((word) => word !== undefined)
  return { things: each(words.thing), targets: each(words.target) }
}

/** `06:10` of the same day, else `27 Nov 06:10`, by a zone's clock. */
export function sayTime(at: Date, zone: string, now: Date): string {
  const [day, time] = local(at, zone)
  return day === local(now, zone)[0] ? time : `${sayDay(day)} ${time}`
}

function local(at: Date, zone: string): readonly [day: string, time: string] {
  const text = new Date(at.getTime() + offsetAt(zone, at.getTime())).toISOString()
  return [text.slice(0, 10), text.slice(11, 16)]
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
/** `2026-11-27` → `27 Nov`. */
export const sayDay = (day: string): string => `${Number(day.slice(8, 10))} ${MONTHS[Number(day.slice(5, 7)) - 1]}`

export function listed(words: readonly string[], joint: 'and' | 'or' = 'and'): string {
  if (words.length <= 2) return words.join(` ${joint} `)
  return `${words.slice(0, -1).join(', ')} ${joint} ${words.at(-1)}`
}

const capital = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1)
