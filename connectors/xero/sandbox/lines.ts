import type { Document } from './model.ts'
import { lineTaxOf } from './money.ts'
import { taxRateOf } from './settings.ts'

/** Computes every line's tax and the document's totals from its lines. Overridden tax amounts are kept when told. */
export function addUp(document: Document, overrides?: ReadonlyMap<number, number>): void {
  let amounts = 0
  let taxes = 0
  for (const line of document.lines) {
    const rate = taxRateOf(line.tax)?.rate ?? 0
    const override = document.amountTypes === 'NoTax' ? undefined : overrides?.get(line.n)
    line.taxAmount = override ?? lineTaxOf(document.amountTypes, line.amount, rate)
    amounts += line.amount
    taxes += line.taxAmount
  }
  document.totalTax = taxes
  document.subTotal = document.amountTypes === 'Inclusive' ? amounts - taxes : amounts
  document.total = document.subTotal + taxes
}
