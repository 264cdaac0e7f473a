import { Type } from 'typebox'
import { defineTrigger } from '../kit/connector.ts'

/** Scopes of BigCommerce's webhooks, without the `store/` they all begin with. */
const SCOPES = [
  'order/created',
  'order/updated',
  'order/statusUpdated',
  'order/refund/created',
  'order/transaction/created',
  'order/archived',
  'customer/created',
  'customer/updated',
  'customer/deleted',
  'subscriber/created',
  'subscriber/updated',
  'subscriber/deleted',
] as const

export const onChange = defineTrigger({
  name: 'on-change',
  title: 'When something changes',
  summary: 'Starts when BigCommerce tells that orders, refunds, customers or subscribers were made or changed.',
  synonyms: ['webhook', 'event', 'new order', 'updated order'],
  settings: Type.Object(
    {
      scopes: Type.Array(
        Type.Union(
          SCOPES.map((name) => Type.Literal(name)),
          { title: 'Event' },
        ),
        {
          title: 'When',
          description:
            'BigCommerce tells the id and no more: read the record again. A made order may be one that nobody has finished yet.',
          minItems: 1,
          uniqueItems: true,
          default: ['order/statusUpdated'],
        },
      ),
    },
    { additionalProperties: false },
  ),
  permissions: [],
  wants: ({ scopes }, event) => (scopes as readonly unknown[]).includes(event.scope),
})
