import type { Connector } from '../kit/connector.ts'
import { countOf, textOf } from '../kit/fields.ts'
import { hostPort } from '../kit/address.ts'
import { customConnection, discover, oauthCode, test, XeroSettings } from './connection.ts'
import { getContacts } from './get-contacts.ts'
import { getCreditNotes } from './get-credit-notes.ts'
import { getInvoices } from './get-invoices.ts'
import { getOrganisation } from './get-organisation.ts'
import { listContacts } from './list-contacts.ts'
import { listCreditNotes } from './list-credit-notes.ts'
import { listInvoices } from './list-invoices.ts'

export const xero: Connector = {
  name: 'xero',
  title: 'Xero',
  summary: 'Accounting: invoices, contacts, credit notes.',
  settings: XeroSettings,
  logins: [customConnection, oauthCode],
  // Per organisation and app. The day is 1,000 on the Starter tier; its headers correct the book.
  limits: (connection) => ({
    concurrent: 5,
    perMinute: countOf(connection.callsPerMinute, 60),
    perDay: countOf(connection.callsPerDay, 5000),
  }),
  hosts: (connection) => [hostPort(textOf(connection.apiUrl)), hostPort(textOf(connection.identityUrl))],
  test,
  discover,
  operations: [listInvoices, listContacts, listCreditNotes, getOrganisation, getContacts, getInvoices, getCreditNotes],
}
