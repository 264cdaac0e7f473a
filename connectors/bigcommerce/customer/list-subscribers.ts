import { Type } from 'typebox'
import { defineRead } from '../../kit/connector.ts'
import { getV3, SCOPES } from '../client/client.ts'
import { withInstants } from '../read/dates.ts'
import { PageSize } from '../read/list-settings.ts'
import { subscriberFlaw } from '../read/shapes.ts'

export const listSubscribers = defineRead({
  name: 'list-subscribers',
  title: 'List newsletter subscribers',
  summary:
    'Reads everybody who has subscribed to the newsletter of the shop; this list, not the customer, is the consent.',
  synonyms: ['opt-in', 'newsletter', 'consent'],
  settings: Type.Object({ pageSize: PageSize }, { additionalProperties: false }),
  permissions: [SCOPES.customers],
  // The list cannot be asked for changes.
  incremental: false,
  flaw: subscriberFlaw,
  async *read(context, from) {
    for (let page = typeof from?.page === 'number' ? from.page : 1; page > 0; ) {
      const { records, last } = await getV3(context, {
        ...{ path: '/v3/customers/subscribers', doing: 'list subscribers', permissions: [SCOPES.customers] },
        query: { page, limit: context.settings.pageSize },
      })
      // 0: it is at its end.
      page = last ? 0 : page + 1
      yield { records: records.map(withInstants), cursor: { page } }
    }
  },
})
