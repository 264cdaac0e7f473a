import { Type } from 'typebox'
import { defineWrite } from '../../kit/connector.ts'
import { textOf } from '../../kit/fields.ts'
import { GUID, MAX_IDS } from '../read/by-id.ts'
import { type Call, getList } from '../client/client.ts'
import { invalid } from '../write/document-payload.ts'
import { LOCK_PERMISSIONS, refuseLockedThere } from '../write/lock-dates.ts'
import { Text } from '../write/payload-fields.ts'
import { KEY_KEPT_MS, MOST_ELEMENTS, sendList } from '../write/writes.ts'

const permissions = ['accounting.invoices']

const callFor = (ids: readonly string[]): Call => ({
  path: '/Invoices',
  list: 'Invoices',
  doing: 'look for invoices',
  permissions,
  query: { IDs: ids.join(','), page: 1, pageSize: MAX_IDS },
})

/** The answer to a void still shows the old totals and AmountDue: only the status counts. */
export const voidInvoices = defineWrite({
  name: 'void-invoices',
  title: 'Void invoices',
  summary: 'Voids approved invoices and bills, or deletes drafts. Nothing may be paid or credited on them.',
  synonyms: ['cancel invoice', 'delete draft', 'void bill'],
  settings: Type.Object(
    {
      status: Type.Union(
        [
          Type.Literal('VOIDED', { title: 'Void approved ones' }),
          Type.Literal('DELETED', { title: 'Delete drafts and those waiting for approval' }),
        ],
        { title: 'What to do', default: 'VOIDED' },
      ),
    },
    { additionalProperties: false },
  ),
  permissions: [...permissions, ...LOCK_PERMISSIONS],
  effect: 'keyed',
  keyWindowMs: KEY_KEPT_MS,
  policies: ['once-per-key'],
  payload: Type.Object({ InvoiceID: Text('Invoice id') }, { additionalProperties: false, title: 'Invoice' }),
  maxBatch: MOST_ELEMENTS,
  prepare(_settings, payload) {
    const id = textOf(payload.InvoiceID).trim().toLowerCase()
    // A number would do for sales invoices; those of bills are not unique.
    if (!GUID.test(id)) throw invalid('void', 'its InvoiceID is no id of Xero.')
    return { InvoiceID: id }
  },
  key: ({ status }, payload) => `${status}:${textOf(payload.InvoiceID)}`,
  check: (context, items) => refuseLockedThere(context, items, 'InvoiceID', (ids) => getList(context, callFor(ids))),
  write: (context, items, call) =>
    sendList(context, {
      method: 'POST',
      path: '/Invoices',
      list: 'Invoices',
      elements: items.map(({ value }) => ({ ...value, Status: context.settings.status })),
      doing: 'void invoices',
      permissions,
      key: call.id,
    }),
  async probe(context, items) {
    const ids = items.map(({ value }) => textOf(value.InvoiceID))
    const { records } = await getList(context, callFor(ids))
    const statuses = new Map(records.map((invoice) => [textOf(invoice.InvoiceID).toLowerCase(), invoice.Status]))
    return ids.map((id) => {
      const status = statuses.get(id)
      if (status === undefined) return 'unclear'
      return status === 'VOIDED' || status === 'DELETED' ? 'arrived' : 'absent'
    })
  },
})
