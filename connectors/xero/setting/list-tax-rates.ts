import { Type } from 'typebox'
import { defineRead } from '../../kit/connector.ts'
import { isActive, wholeList } from '../read/whole-list.ts'

const permissions = ['accounting.settings.read']

/** All of them: Xero does not page this list. */
export const TAX_RATES = { path: '/TaxRates', list: 'TaxRates', doing: 'list tax rates', permissions } as const

export const listTaxRates = defineRead({
  name: 'list-tax-rates',
  title: 'List tax rates',
  summary: 'Reads the tax rates: tax type, name, rate, what they may be used for.',
  synonyms: ['vat', 'gst', 'sales tax'],
  settings: Type.Object(
    {
      archived: Type.Boolean({ title: 'Deleted ones too', default: false }),
    },
    { additionalProperties: false },
  ),
  permissions,
  incremental: false,
  read: (context, from) => wholeList(context, TAX_RATES, from, (rate) => context.settings.archived || isActive(rate)),
})
