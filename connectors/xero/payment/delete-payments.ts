import { Type } from 'typebox'
import { defineWrite } from '../../kit/connector.ts'
import { textOf } from '../../kit/fields.ts'
import { GUID, MAX_IDS } from '../read/by-id.ts'
import { getList } from '../client/client.ts'
import { invalid } from '../write/document-payload.ts'
import { LOCK_PERMISSIONS, refuseLockedThere } from '../write/lock-dates.ts'
import { Text } from '../write/payload-fields.ts'
import { KEY_KEPT_MS, sendWhole } from '../write/writes.ts'

const permissions = ['accounting.payments']

export const deletePayments = defineWrite({
  name: 'delete-payments',
  title: 'Delete payments',
  summary: 'Takes payments and refunds back; what they had paid is open again. It cannot be undone.',
  synonyms: ['unpay', 'reverse payment', 'remove payment'],
  settings: Type.Object({}, { additionalProperties: false }),
  permissions: [...permissions, ...LOCK_PERMISSIONS],
  effect: 'keyed',
  keyWindowMs: KEY_KEPT_MS,
  policies: ['once-per-key'],
  payload: Type.Object({ PaymentID: Text('Payment id') }, { additionalProperties: false, title: 'Payment' }),
  maxBatch: 1,
  prepare(_settings, payload) {
    const id = textOf(payload.PaymentID).trim().toLowerCase()
    if (!GUID.test(id)) throw invalid('deletion', 'its PaymentID is no id of Xero.')
    return { PaymentID: id }
  },
  key: (_settings, payload) => textOf(payload.PaymentID),
  check: (context, items) =>
    refuseLockedThere(context, items, 'PaymentID', (ids) =>
      getList(context, {
        path: '/Payments',
        list: 'Payments',
        doing: 'look for payments',
        permissions,
        // There is no IDs parameter here. Ids were checked to be GUIDs: nothing to quote.
        query: { where: ids.map((id) => `PaymentID==Guid("${id}")`).join(' OR '), page: 1, pageSize: MAX_IDS },
      }),
    ),
  async write(context, items, call) {
    const sent = {
      method: 'POST',
      path: `/Payments/${textOf(items[0]?.value.PaymentID)}`,
      list: 'Payments',
      elements: [],
      doing: 'delete a payment',
      permissions,
      key: call.id,
    } as const
    await sendWhole(context, sent, { Status: 'DELETED' })
    return [{ status: 'confirmed' }]
  },
  async probe(context, items) {
    const { records } = await getList(context, {
      path: `/Payments/${textOf(items[0]?.value.PaymentID)}`,
      list: 'Payments',
      doing: 'look for a payment',
      permissions,
    })
    return [records[0]?.Status === 'DELETED' ? 'arrived' : 'absent']
  },
})
