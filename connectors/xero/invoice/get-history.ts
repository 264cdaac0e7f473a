import { Type } from 'typebox'
import { defineLookup } from '../../kit/connector.ts'
import { StepError } from '../../kit/errors.ts'
import { GUID } from '../read/by-id.ts'
import { getList } from '../client/client.ts'
import { Resource } from './history.ts'

const permissions = ['accounting.invoices.read']

export const getHistory = defineLookup({
  name: 'get-history',
  title: 'Get history and notes by id',
  summary: 'Finds what was done to a document or contact, by whom, and the notes on it.',
  synonyms: ['notes', 'audit trail', 'who changed it'],
  settings: Type.Object({ resource: Resource }, { additionalProperties: false }),
  // The history of what has another scope is read with that one; Xero names it when it is missing.
  permissions,
  maxBatch: 1,
  async find(context, keys) {
    const [key = ''] = keys
    if (!GUID.test(key.trim())) return new Map()
    try {
      const { records } = await getList(context, {
        path: `/${context.settings.resource}/${key.trim()}/History`,
        list: 'HistoryRecords',
        doing: 'read history',
        permissions,
      })
      return new Map([[key, { HistoryRecords: records }]])
    } catch (error) {
      if (error instanceof StepError && error.code === 'NOT_FOUND') return new Map()
      throw error
    }
  },
})
