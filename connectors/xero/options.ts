import type { Context, DataRecord, Option, OptionSource } from '../kit/connector.ts'
import { textOf } from '../kit/fields.ts'
import { type Call, getList } from './client.ts'

const permissions = ['accounting.settings.read']

const ACCOUNTS = { path: '/Accounts', list: 'Accounts', doing: 'list accounts', permissions } as const
const TAX_RATES = { path: '/TaxRates', list: 'TaxRates', doing: 'list tax rates', permissions } as const

/** `200 · Sales`. Bank accounts may have no code: nothing can be booked to them by code, so they are not offered. */
const account = (record: DataRecord): Option => ({
  value: textOf(record.Code),
  label: `${textOf(record.Code)} · ${textOf(record.Name)}`,
})

/** What settings of Xero's operations choose from. What is archived is not offered. */
export const options: readonly OptionSource[] = [
  source('accounts', 'Accounts', ACCOUNTS, isActive, account),
  source('payment-accounts', 'Bank accounts and others that take payments', ACCOUNTS, takesPayments, account),
  source('tax-rates', 'Tax rates', TAX_RATES, isActive, (rate) => ({
    value: textOf(rate.TaxType),
    label: `${textOf(rate.Name)} · ${textOf(rate.TaxType)}`,
  })),
]

function source(
  name: string,
  title: string,
  call: Call,
  offers: (record: DataRecord) => boolean,
  option: (record: DataRecord) => Option,
): OptionSource {
  return {
    name,
    title,
    permissions: call.permissions,
    options: async (context: Context) => {
      const { records } = await getList(context, call)
      const all = records.filter(offers).map(option)
      return all.filter(({ value }) => value !== '').sort((one, other) => one.label.localeCompare(other.label))
    },
  }
}

function isActive(record: DataRecord): boolean {
  return record.Status === undefined || record.Status === 'ACTIVE'
}

function takesPayments(record: DataRecord): boolean {
  return isActive(record) && (record.Type === 'BANK' || record.EnablePaymentsToAccount === true)
}
