import type { Connector } from '../kit/connector.ts'
import { textOf } from '../kit/fields.ts'
import { hostPort } from '../kit/address.ts'
import { customConnection, discover, oauthCode, test, XeroSettings } from './connection.ts'
import { createInvoices } from './create-invoices.ts'
import { createPayments } from './create-payments.ts'
import { getContacts } from './get-contacts.ts'
import { getCreditNotes } from './get-credit-notes.ts'
import { getInvoices } from './get-invoices.ts'
import { getOrganisation } from './get-organisation.ts'
import { hook } from './hook.ts'
import { limits } from './limits.ts'
import { listContacts } from './list-contacts.ts'
import { listCreditNotes } from './list-credit-notes.ts'
import { listInvoices } from './list-invoices.ts'
import { onChange } from './on-change.ts'
import { options } from './options.ts'

export const xero: Connector = {
  name: 'xero',
  title: 'Xero',
  summary: 'Accounting: invoices, contacts, credit notes, payments.',
  settings: XeroSettings,
  logins: [customConnection, oauthCode],
  limits,
  hosts: (connection) => [hostPort(textOf(connection.apiUrl)), hostPort(textOf(connection.identityUrl))],
  test,
  discover,
  hook,
  options,
  operations: [
    onChange,
    listInvoices,
    listContacts,
    listCreditNotes,
    getOrganisation,
    getContacts,
    getInvoices,
    getCreditNotes,
    createInvoices,
    createPayments,
  ],
}
