import { Type } from 'typebox'
import { defineWrite } from '../kit/connector.ts'
import { textOf } from '../kit/fields.ts'
import { GUID } from './by-id.ts'
import { getList } from './client.ts'
import { invalid } from './document-payload.ts'
import { Text } from './payload-fields.ts'
import { KEY_KEPT_MS, sendWhole } from './writes.ts'

const permissions = ['accounting.payments']

export const deletePayments = defineWrite({
  name: 'delete-payments',
  title: 'Delete payments',
  summary: 'Takes payments and refunds back; what they had paid is open again. It cannot be undone.',
  synonyms: ['unpay', 'reverse payment', 'remove payment'],
  settings: Type.Object({}, { additionalProperties: false }),
  permissions,
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
