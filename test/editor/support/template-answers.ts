import { connectors } from '../../../connectors/index.ts'
import { permissionsOf, loadTemplates } from '../../../server/api/flow/templates.ts'
import { takeOver } from '../../../server/api/flow/take-over.ts'
import { buildCatalog } from '../../../server/catalog.ts'
import type * as templates from '../../../server/contract/templates.ts'
import { formOf } from '../../../server/flow/document/answers.ts'
import type { Flow } from '../../../server/flow/document/flow.ts'
import { formSchema } from '../../../server/flow/document/form.ts'
import { summarizeChanges } from '../../../server/flow/document/version.ts'
import { paidInvoices } from './paid-invoices.ts'

// The prebuilt flows as they are shipped: their words, steps and samples are what the pages have to bear.

const shipped = loadTemplates()

export const shippedList = (): templates.TemplateList['items'] =>
  [...shipped.values()].map(({ id, key, version, title, summary, flow }, place) => ({
    ...{ id, key, version, title, summary, flow },
    connectors: [...new Set(Object.values(flow.slots).map(({ connector }) => connector))].sort(),
    flows: place % 4 === 0 ? 1 : 0,
  }))

export function shippedView(id: string): templates.TemplateView | undefined {
  const template = shipped.get(id)
  if (!template) return undefined
  const form = formOf(template.flow)
  return {
    ...template,
    slots: permissionsOf(template, { catalog: buildCatalog(), connectors }),
    form: [...form],
    schema: formSchema(form),
  }
}

/** What a newer version of a template has: a step more, another condition, and a mapping that the flow changed too. */
const newer: Flow = {
  ...paidInvoices,
  description: 'Sends every paid Xero invoice to Emarsys as purchases, those paid in part when they are paid.',
  nodes: [
    ...paidInvoices.nodes.map((node) =>
      node.id === 'paid'
        ? { ...node, settings: { condition: 'Status = "PAID" and AmountDue = 0' } }
        : node.id === 'rows'
          ? { ...node, settings: { expression: 'LineItems.{ "item": ItemCode, "price": LineAmount }' } }
          : node,
    ),
    { id: 'known', operation: 'filter', name: 'Only with a customer', settings: { condition: '$exists(Contact)' } },
  ],
  edges: [
    ...paidInvoices.edges.filter(({ id }) => id !== 'e3'),
    { id: 'e6', from: 'paid', port: 'out', to: 'known', input: 'in' },
    { id: 'e7', from: 'known', port: 'out', to: 'contacts', input: 'in' },
  ],
}
const asTaken: Flow = {
  ...paidInvoices,
  nodes: paidInvoices.nodes.map((node) =>
    node.id === 'rows' ? { ...node, settings: { expression: 'LineItems.{ "item": ItemCode }' } } : node,
  ),
}

/** A flow of version 2 of its template hears of version 4, compared as the server does it. */
export function newsOf(): templates.FlowTemplate {
  const { flow, conflicts } = takeOver(asTaken, paidInvoices, newer)
  return {
    template: {
      ...{ id: 'paid-invoices', key: 'F04', version: 4, title: 'Paid invoices → Emarsys purchases' },
      summary: 'Contacts first, then one row per invoice line.',
      news: [
        { version: 4, says: 'Invoices without a customer are left out, and said to be.' },
        { version: 3, says: 'Invoices that are paid in part are sent when they are paid whole.' },
      ],
    },
    taken: 2,
    update: {
      revision: 17,
      changes: summarizeChanges(paidInvoices, flow),
      conflicts: conflicts.map((conflict) => ({ ...conflict })),
    },
  }
}
