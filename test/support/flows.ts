import { readFileSync } from 'node:fs'
import type { Flow, FlowEdge, FlowNode } from '../../server/flow/document/flow.ts'

/** The template of the main job; `pageSize` makes several batches of few records. */
export function purchasesFlow(pageSize = 20): Flow {
  const url = new URL('../../server/templates/paid-invoices-to-purchases.json', import.meta.url)
  const { flow } = JSON.parse(readFileSync(url, 'utf8')) as { flow: Flow } // checked by the tests of the templates
  return {
    ...flow,
    nodes: flow.nodes.map((one) =>
      one.operation.startsWith('xero.list-') ? { ...one, settings: { ...one.settings, pageSize } } : one,
    ),
  }
}

/** A node; a remote operation uses the slot named after its connector. */
export function node(id: string, operation: string, settings: Record<string, unknown> = {}): FlowNode {
  const [connector = ''] = operation.split('.')
  return { id, operation, name: id, settings, ...(operation.includes('.') ? { slot: connector } : {}) }
}

/** `'bills.done people'`, `'people join:with'`: from, port (else `out`), to, input (else `in`). */
function edge(text: string): FlowEdge {
  const [source = '', target = ''] = text.split(' ')
  const [from = '', port = 'out'] = source.split('.')
  const [to = '', input = 'in'] = target.split(':')
  return { id: `${from}-${port}-${to}-${input}`, from, port, to, input }
}

/** A flow that starts by hand at the node `start`, which is added. */
export function flowOf(nodes: readonly FlowNode[], edges: readonly string[], more: Partial<Flow> = {}): Flow {
  const slots = new Set(nodes.flatMap((one) => one.slot ?? []))
  return {
    format: 1,
    name: 'A flow',
    description: '',
    capture: 'full',
    slots: Object.fromEntries([...slots].map((slot) => [slot, { connector: slot, title: slot }])),
    nodes: [node('start', 'manual'), ...nodes],
    edges: edges.map(edge),
    ...more,
  }
}

/** Key field of the sandbox's contacts: the customer's id in Xero. */
export const CUSTOMER_ID = '9001'

/** Contacts are read page by page and written to Emarsys. */
export const contactsFlow = (pageSize = 10, send: Record<string, unknown> = {}): Flow =>
  flowOf(
    [
      node('contacts', 'xero.list-contacts', { pageSize }),
      node('send', 'emarsys.upsert-contacts', {
        keyField: CUSTOMER_ID,
        record: `{ '${CUSTOMER_ID}': ContactID, '3': EmailAddress, '18': Name }`,
        ...send,
      }),
    ],
    ['start contacts', 'contacts send'],
  )

/** Contacts are written, then each gets one mail. */
export const mailFlow = (pageSize = 10, event: Record<string, unknown> = {}): Flow => {
  const flow = contactsFlow(pageSize)
  return {
    ...flow,
    nodes: [
      ...flow.nodes,
      node('mail', 'emarsys.trigger-event', {
        eventId: '204',
        keyField: CUSTOMER_ID,
        record: `{ 'contact': ContactID, 'key': 'welcome-' & ContactID }`,
        ...event,
      }),
    ],
    edges: [...flow.edges, edge('send mail')],
  }
}
