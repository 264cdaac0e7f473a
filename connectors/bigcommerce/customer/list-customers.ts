import { Type } from 'typebox'
import { type DataRecord, defineRead } from '../../kit/connector.ts'
import { textOf } from '../../kit/fields.ts'
import { getV3, SCOPES } from '../client/client.ts'
import { withInstants } from '../read/dates.ts'
import { ChangedSince, PageSize } from '../read/list-settings.ts'
import { walkChanges } from '../read/pages.ts'
import { customerFlaw } from '../read/shapes.ts'

const permissions = [SCOPES.customers]

export const listCustomers = defineRead({
  name: 'list-customers',
  title: 'List customers',
  summary: 'Reads customers with an account in the shop, at first all of them, then those that changed.',
  synonyms: ['people', 'accounts', 'shoppers', 'contacts'],
  settings: Type.Object(
    {
      addresses: Type.Boolean({ title: 'With their addresses', default: true }),
      changedSince: ChangedSince,
      pageSize: PageSize,
    },
    { additionalProperties: false },
  ),
  permissions,
  incremental: true,
  identify: (customer) => ({
    id: textOf(customer.id),
    version: textOf(customer.date_modified),
    at: textOf(customer.date_modified),
  }),
  flaw: customerFlaw,
  read: (context, from) =>
    walkChanges(
      context,
      {
        ...{ version: 3, path: '/v3/customers', doing: 'list customers', permissions },
        ...{ timeField: 'date_modified', sinceParameter: 'date_modified:min', sort: 'date_modified:asc' },
        query: { include: context.settings.addresses ? 'addresses' : undefined },
        ...{ pageSize: context.settings.pageSize, startAt: context.settings.changedSince },
      },
      from,
    ),
  single: {
    title: 'customer number or e-mail address',
    async find(context, keys) {
      const [mails, ids] = [keys.filter((key) => key.includes('@')), keys.filter((key) => /^\d{1,15}$/.test(key))]
      const asked = [
        ...(ids.length > 0 ? [{ 'id:in': ids.join(',') }] : []),
        ...(mails.length > 0 ? [{ 'email:in': mails.join(',') }] : []),
      ]
      const found: DataRecord[] = []
      for (const query of asked) {
        const call = { path: '/v3/customers', doing: 'get customers', permissions }
        found.push(...(await getV3(context, { ...call, query: { ...query, limit: 250 } })).records.map(withInstants))
      }
      return new Map(
        keys.flatMap((key) => {
          const mine = found.filter(
            ({ id, email }) => textOf(id) === key || textOf(email).toLowerCase() === key.toLowerCase(),
          )
          return mine.length > 0 ? [[key, mine] as const] : []
        }),
      )
    },
  },
})
