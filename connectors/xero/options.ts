import type { Context, DataRecord } from '../kit/connector.ts'
import { fieldsOf, listOf, textOf } from '../kit/fields.ts'
import type { Option, OptionSource } from '../kit/options.ts'
import { type Call, getList } from './client/client.ts'
import { ACCOUNTS } from './setting/list-accounts.ts'
import { CONTACT_GROUPS } from './contact/list-contact-groups.ts'
import { ITEMS } from './setting/list-items.ts'
import { TAX_RATES } from './setting/list-tax-rates.ts'
import { TRACKING_CATEGORIES } from './setting/list-tracking-categories.ts'
import { isActive } from './read/whole-list.ts'

/** `200 · Sales`. Bank accounts may have no code: nothing can be booked to them by code, so they are not offered. */
const byCode = (record: DataRecord): Option => ({
  value: textOf(record.Code),
  label: [record.Code, record.Name].map(textOf).filter(Boolean).join(' · '),
})

const takesPayments = (account: DataRecord): boolean =>
  isActive(account) && (account.Type === 'BANK' || account.EnablePaymentsToAccount === true)

/** Neither bank nor system accounts: what a manual journal may be booked to. */
const takesJournals = (account: DataRecord): boolean =>
  isActive(account) && account.Type !== 'BANK' && account.Type !== 'INVENTORY' && !account.SystemAccount

/** What settings of Xero's operations choose from. What is archived is not offered. */
export const options: readonly OptionSource[] = [
  source('accounts', 'Accounts', ACCOUNTS, isActive, byCode),
  source('payment-accounts', 'Bank accounts and others that take payments', ACCOUNTS, takesPayments, byCode),
  source('journal-accounts', 'Accounts that manual journals may be booked to', ACCOUNTS, takesJournals, byCode),
  source('tax-rates', 'Tax rates', TAX_RATES, isActive, (rate) => ({
    value: textOf(rate.TaxType),
    label: `${textOf(rate.Name)} · ${textOf(rate.TaxType)}`,
  })),
  source('tracking-categories', 'Tracking categories', TRACKING_CATEGORIES, isActive, (category) => ({
    value: textOf(category.Name),
    label: `${textOf(category.Name)} (${listOf(category.Options)
      .map((option) => textOf(fieldsOf(option).Name))
      .join(', ')})`,
  })),
  source('contact-groups', 'Contact groups', CONTACT_GROUPS, isActive, (group) => ({
    value: textOf(group.ContactGroupID),
    label: textOf(group.Name),
  })),
  source('items', 'Items', ITEMS, () => true, byCode),
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
