import type { Now } from '../../server/contract/now.ts'
import type { RunList } from '../../server/contract/runs.ts'
import { countOf, sayCount } from '../format/number.ts'

type Listed = { readonly pages: readonly RunList[] }

/** What the list begins with while nothing narrows it: “3 of 41 runs of the last 24 hours failed; 2 wait for a person.” */
export function sayDay({ hours, groups, more }: Pick<Now, 'hours' | 'groups' | 'more'>): string {
  const sum = (of: 'runs' | 'failed') => hours.reduce((total, hour) => total + hour[of], 0)
  const [runs, failed] = [sum('runs'), sum('failed')]
  const paused = groups.reduce((total, { state, count }) => total + (state === 'paused' ? count : 0), 0)
  const waits =
    paused === 0 ? '' : `; ${sayCount(paused)}${more ? ' or more' : ''} ${paused === 1 ? 'waits' : 'wait'} for a person`
  if (runs === 0) return `No run in the last 24 hours${waits}.`
  if (failed === 0)
    return runs === 1
      ? `The only run of the last 24 hours did not fail${waits}.`
      : `None of ${sayCount(runs)} runs of the last 24 hours failed${waits}.`
  if (runs === 1) return `The only run of the last 24 hours failed${waits}.`
  return `${sayCount(failed)} of ${countOf(runs, 'run')} of the last 24 hours failed${waits}.`
}

/** What fits the filters, as far as it has been read. */
export function sayFitting({ pages }: Listed): string {
  const runs = pages.flatMap(({ items }) => items)
  const failed = runs.filter(({ state }) => state === 'failed').length
  const last = pages.at(-1)
  // A search that has not looked at all that fits may find more, or none.
  if (runs.length === 0) return last?.looked ? 'No run found so far.' : 'No run fits.'
  const all = last?.next === null
  const count = countOf(runs.length, 'run')
  const what = all
    ? `${count} ${runs.length === 1 ? 'fits' : 'fit'}`
    : last?.looked
      ? `${count} found so far`
      : `More than ${count} fit`
  const of = all ? '' : ` of the newest ${sayCount(runs.length)}`
  if (failed === 0) return `${what}; none${of} failed.`
  return `${what}; ${all && failed === runs.length ? 'all' : sayCount(failed)}${of} failed.`
}
