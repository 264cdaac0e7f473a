import type { PeriodDocument } from '../../server/contract/period-documents.ts'
import type { ChangedSince, CheckView, PeriodTotals, PeriodView } from '../../server/contract/periods.ts'
import { today } from '../format/days.ts'
import { dateFormatter } from '../format/formatters.ts'
import { countOf, sayAmount, sayCount } from '../format/number.ts'

/** A month moved by whole months: 2026-01 by −1 is 2025-12. */
export function moveMonth(month: string, by: number): string {
  const [year = 0, number = 1] = month.split('-').map(Number)
  return new Date(Date.UTC(year, number - 1 + by, 1)).toISOString().slice(0, 7)
}

/** The month that is looked at: without a choice the last one that is over. */
export const chosenMonth = (chosen: string | undefined): string => chosen ?? moveMonth(today().slice(0, 7), -1)

/** “October 2026” */
export const sayMonth = (month: string): string =>
  dateFormatter('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(new Date(`${month}-01T00:00:00Z`))

const amounts = (sums: PeriodTotals['sums'], side: 'source' | 'ledger' | 'difference') =>
  sums.map((sum) => `${sum.currency === '' ? '' : `${sum.currency} `}${sayAmount(sum[side])}`).join(', ')

/** What a check found, in a sentence. */
export function sayCheck(month: string, { totals, agrees, setAside }: CheckView): string {
  if (totals === null) return ''
  const { agree, different, missing, extra } = totals.documents
  if (agrees) {
    return agree === 0
      ? `${sayMonth(month)} agrees: neither side has anything.`
      : `${sayMonth(month)} agrees. ${countOf(agree, 'document')}, ${amounts(totals.sums, 'source')} in both.`
  }
  const off = different + missing + extra
  const parts = [
    ...(off > 0 ? [`${countOf(off, 'document')} ${off === 1 ? 'differs' : 'differ'}`] : []),
    ...(setAside > 0 ? [`${countOf(setAside, 'record')} could not come through`] : []),
  ]
  return `${sayMonth(month)} does not agree: ${parts.join(', and ')}.`
}

/** How many flows the totals hold, how many documents differ in them, and which flows were not checked. */
export function coverageOf({ flows }: PeriodView) {
  const documents = flows.flatMap(({ check }) => (check?.totals ? [check.totals.documents] : []))
  return {
    checked: documents.length,
    off: documents.reduce((sum, one) => sum + one.different + one.missing + one.extra, 0),
    missing: flows.filter(({ check }) => check === null).map(({ flow }) => flow.name),
  }
}

/** Whether a month agrees over all its flows, in a sentence; nothing where no flow sends money. */
export function sayAllFlows(view: PeriodView): string {
  if (view.flows.length === 0) return ''
  const month = sayMonth(view.period)
  const { checked, off, missing } = coverageOf(view)
  if (checked === 0) return `${month} is not checked yet.`
  const set = view.flows.reduce((sum, { check }) => sum + (check?.setAside ?? 0), 0)
  if (off > 0) return `${month}: ${countOf(off, 'document')} ${off === 1 ? 'differs' : 'differ'}.`
  if (set > 0) return `${month}: ${countOf(set, 'record')} could not come through.`
  return missing.length === 0 ? `${month} agrees.` : `${month} agrees as far as it is checked.`
}

export const STATE_WORDS: { readonly [state in PeriodDocument['state']]: string } = {
  agree: 'The same in both',
  different: 'Other rows',
  missing: 'Not sent',
  extra: 'Counts no more',
}

/** The API names no more of them. */
export const MOST_SENT = 1000

/** What changed since a month was signed, in a sentence. */
export function sayChanged({ documents, sent }: ChangedSince): string {
  const parts = [
    ...(documents > 0 ? [`${countOf(documents, 'document')} ${documents === 1 ? 'has' : 'have'} other amounts`] : []),
    ...(sent > 0
      ? [
          `something was sent or taken back for ${sent >= MOST_SENT ? `${sayCount(MOST_SENT)} documents or more` : countOf(sent, 'document')}`,
        ]
      : []),
  ]
  const [first = '', ...rest] = parts
  return `${[first.charAt(0).toUpperCase() + first.slice(1), ...rest].join(', and ')}.`
}
