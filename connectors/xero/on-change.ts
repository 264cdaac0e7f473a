import { Type } from 'typebox'
import { defineTrigger } from '../kit/connector.ts'

/** Categories of Xero's webhooks that are about an organisation. */
const RESOURCES = ['INVOICE', 'CONTACT', 'CREDITNOTE', 'PAYMENT', 'PREPAYMENT', 'OVERPAYMENT'] as const

export const onChange = defineTrigger({
  name: 'on-change',
  title: 'When something changes',
  summary: 'Starts when Xero tells that invoices, contacts or credit notes were made or changed.',
  synonyms: ['webhook', 'event', 'new invoice', 'updated contact'],
  settings: Type.Object(
    {
      resources: Type.Array(
        Type.Union(
          RESOURCES.map((name) => Type.Literal(name)),
          { title: 'Kind' },
        ),
        {
          title: 'Changes of',
          description: 'Xero tells the id and no more: read the record again, by id or from where the last run ended.',
          minItems: 1,
          default: ['INVOICE'],
        },
      ),
    },
    { additionalProperties: false },
  ),
  permissions: [],
  wants: ({ resources }, event) => (resources as readonly unknown[]).includes(event.resource),
})
