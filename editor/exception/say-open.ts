import type { ExceptionGroups } from '../../server/contract/exception-care.ts'
import type { ExceptionList } from '../../server/contract/exceptions.ts'
import { countOf, sayCount } from '../format/number.ts'

/** What the list begins with while nothing narrows it: “12 records wait to be seen to; 3 are yours, 2 are put aside.” */
export function sayOpen({ open, mine, snoozed }: Pick<ExceptionGroups, 'open' | 'mine' | 'snoozed'>): string {
  if (open === 0) return 'No record waits: what was set aside has been seen to.'
  const are = (count: number) => `${sayCount(count)} ${count === 1 ? 'is' : 'are'}`
  const more = [...(mine > 0 ? [`${are(mine)} yours`] : []), ...(snoozed > 0 ? [`${are(snoozed)} put aside`] : [])]
  const what = `${countOf(open, 'record')} ${open === 1 ? 'waits' : 'wait'} to be seen to`
  return more.length === 0 ? `${what}; all others went on.` : `${what}; ${more.join(', ')}.`
}

/** What fits the filters, as far as it has been read. */
export function sayFitting(pages: readonly ExceptionList[]): string {
  const fit = pages.flatMap(({ items }) => items)
  const last = pages.at(-1)
  // A search that has not looked at all that fits may find more, or none.
  if (fit.length === 0) return last?.looked ? 'No exception found so far.' : 'No exception fits.'
  const open = fit.filter(({ state }) => state === 'open').length
  const all = last?.next === null
  const count = countOf(fit.length, 'exception')
  const fits = `${all ? '' : 'More than '}${count} ${all && fit.length === 1 ? 'fits' : 'fit'}`
  const what = last?.looked ? `${count} found so far` : fits
  const of = all ? '' : ` of the newest ${sayCount(fit.length)}`
  const still = open === 0 ? 'none' : all && open === fit.length ? (open === 1 ? 'it' : 'all') : sayCount(open)
  return `${what}; ${still}${of} ${open === 1 ? 'is' : 'are'} open.`
}
