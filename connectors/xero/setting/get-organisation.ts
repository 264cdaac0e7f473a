import { Type } from 'typebox'
import { defineRead } from '../../kit/connector.ts'
import { getList } from '../client/client.ts'
import { ORGANISATION } from '../client/connection.ts'

export const getOrganisation = defineRead({
  name: 'get-organisation',
  title: 'Read the organisation',
  summary: 'One record: name, base currency, time zone, lock dates.',
  synonyms: ['company', 'settings', 'base currency'],
  settings: Type.Object({}, { additionalProperties: false }),
  permissions: ORGANISATION.permissions,
  incremental: false,
  async *read(context, from) {
    if (from?.done === true) return
    const { records } = await getList(context, ORGANISATION)
    yield { records, cursor: { done: true } }
  },
})
