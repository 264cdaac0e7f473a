import { Type } from 'typebox'
import { defineRead } from '../../kit/connector.ts'
import { isActive, wholeList } from '../read/whole-list.ts'

const permissions = ['accounting.settings.read']

/** All of them: Xero does not page this list. */
export const ACCOUNTS = { path: '/Accounts', list: 'Accounts', doing: 'list accounts', permissions } as const

export const listAccounts = defineRead({
  name: 'list-accounts',
  title: 'List accounts',
  summary: 'Reads the chart of accounts: code, name, type, tax type, status.',
  synonyms: ['chart of accounts', 'ledger accounts', 'bank accounts'],
  settings: Type.Object(
    {
      archived: Type.Boolean({ title: 'Archived ones too', default: false }),
    },
    { additionalProperties: false },
  ),
  permissions,
  incremental: false,
  read: (context, from) =>
    wholeList(context, ACCOUNTS, from, (account) => context.settings.archived || isActive(account)),
})
