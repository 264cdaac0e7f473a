import type { DataRecord } from '../../../connectors/kit/connector.ts'
import { keyText } from './field-path.ts'

// By these names people know a record. The first that is there wins.
const BUSINESS_KEYS = [
  'InvoiceNumber',
  'CreditNoteNumber',
  'document',
  'ContactNumber',
  'Name',
  'contact',
  'ContactID',
  'id',
] as const

/** The key a person would search for: an invoice number, a contact. */
export function businessKeyOf(record: DataRecord): string | undefined {
  for (const name of BUSINESS_KEYS) {
    const key = keyText(record[name])
    if (key !== undefined) return key.slice(0, 200)
  }
  return undefined
}

/** Money at stake, where the record says so. */
export function moneyOf(record: DataRecord): { amount: string | undefined; currency: string | undefined } {
  const amount = record.Total ?? record.amount ?? record.total_inc_tax ?? record.total_amount
  const currency = record.CurrencyCode ?? record.currency ?? record.default_currency_code
  const isAmount =
    typeof amount === 'number' ? Number.isFinite(amount) : typeof amount === 'string' && /^-?\d+(\.\d+)?$/.test(amount)
  return {
    amount: isAmount ? String(amount) : undefined,
    currency: typeof currency === 'string' ? currency.slice(0, 8) : undefined,
  }
}
