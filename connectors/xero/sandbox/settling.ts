import { type Document, openAmount } from './model.ts'

/** PAID and AUTHORISED follow from the balance alone; FullyPaidOnDate appears and vanishes with it. */
export function settle(document: Document): void {
  if (document.status !== 'AUTHORISED' && document.status !== 'PAID') return
  if (openAmount(document) !== 0) {
    document.status = 'AUTHORISED'
    document.fullyPaid = null
    return
  }
  document.status = 'PAID'
  const days = [...document.payments, ...document.allocations].map((applied) => applied.date)
  document.fullyPaid = days.reduce((latest, day) => Math.max(latest, day), document.date)
}
