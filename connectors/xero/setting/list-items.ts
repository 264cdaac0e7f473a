import { Type } from 'typebox'
import { defineRead } from '../../kit/connector.ts'
import { wholeList } from '../read/whole-list.ts'

const permissions = ['accounting.settings.read']

/** All of them: Xero does not page this list. */
export const ITEMS = { path: '/Items', list: 'Items', doing: 'list items', permissions } as const

export const listItems = defineRead({
  name: 'list-items',
  title: 'List items',
  summary: 'Reads the items that are sold or bought, with prices and accounts.',
  synonyms: ['products', 'sku', 'price list'],
  settings: Type.Object({}, { additionalProperties: false }),
  permissions,
  moneyFields: ['UnitPrice', 'TotalCostPool'],
  incremental: false,
  read: (context, from) => wholeList(context, { ...ITEMS, query: { unitdp: 4 } }, from),
})
