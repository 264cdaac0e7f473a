import { Type } from 'typebox'
import { defineRead } from '../../kit/connector.ts'
import { textOf } from '../../kit/fields.ts'
import { SCOPES } from '../client/client.ts'
import { ChangedSince, PageSize } from '../read/list-settings.ts'
import { type Walk, walkChanges } from '../read/pages.ts'
import { refundFlaw } from '../read/shapes.ts'

const permissions = [SCOPES.orders, SCOPES.transactions]

export const listRefunds = defineRead({
  name: 'list-refunds',
  title: 'List refunds',
  summary: 'Reads refunds of all orders, at first all of them, then new ones.',
  synonyms: ['credit notes', 'returns', 'money back'],
  settings: Type.Object({ changedSince: ChangedSince, pageSize: PageSize }, { additionalProperties: false }),
  permissions,
  moneyFields: ['total_amount', 'total_tax'],
  incremental: true,
  // A refund never changes.
  identify: (refund) => ({ id: textOf(refund.id), version: textOf(refund.created), at: textOf(refund.created) }),
  flaw: refundFlaw,
  read: (context, from) => walkChanges(context, walkOf(context.settings), from),
  window: {
    title: 'day of the refund',
    read: (context, { from: first, to }, from) => {
      const walk = walkOf({ ...context.settings, changedSince: first })
      // A bound without a time of day would get the present one added.
      return walkChanges(context, { ...walk, query: { 'created:max': `${dayBefore(to)}T23:59:59Z` } }, from)
    },
  },
})

const walkOf = ({ changedSince, pageSize }: { readonly changedSince: string; readonly pageSize: number }): Walk => ({
  ...{ version: 3, path: '/v3/orders/payment_actions/refunds', doing: 'list refunds', permissions },
  // Refunds are only added; the list has no sorting.
  ...{ timeField: 'created', sinceParameter: 'created:min', sort: undefined },
  ...{ pageSize, startAt: changedSince },
})

const dayBefore = (day: string) => new Date(Date.parse(day) - 86_400_000).toISOString().slice(0, 10)
