import { Type } from 'typebox'
import { defineLookup } from '../../kit/connector.ts'
import { StepError } from '../../kit/errors.ts'
import { textOf } from '../../kit/fields.ts'
import { call } from '../client/client.ts'

const permissions = ['contactlist.contact.count']

export const countList = defineLookup({
  name: 'count-list',
  title: 'Count a contact list',
  summary: 'How many contacts are on a list, by the number of the list.',
  synonyms: ['size', 'how many', 'members'],
  settings: Type.Object({}, { additionalProperties: false }),
  permissions,
  maxBatch: 1,
  async find(context, keys) {
    const key = keys[0] ?? ''
    if (!/^[0-9]+$/.test(key.trim())) {
      throw new StepError('INVALID_INPUT', `“${key}” is no number of a contact list.`)
    }
    const path = `/contactlist/${key.trim()}/count`
    const data = await call(context, { method: 'GET', path, doing: 'count a contact list', permissions })
    const count = Number(textOf(data))
    if (textOf(data) === '' || !Number.isInteger(count)) {
      throw new StepError('REPLY_UNREADABLE', 'Emarsys gave no number when asked to count a contact list.')
    }
    return new Map([[key, { id: key.trim(), count }]])
  },
})
