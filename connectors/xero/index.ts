import type { Connector } from '../kit/connector.ts'
import { textOf } from '../kit/fields.ts'
import { hostPort } from '../kit/address.ts'
import { addHistoryNotes } from './invoice/add-history-notes.ts'
import { addToContactGroup } from './contact/add-to-contact-group.ts'
import { allocateCredit } from './payment/allocate-credit.ts'
import { archiveContacts } from './contact/archive-contacts.ts'
import { createCreditNotes } from './invoice/create-credit-notes.ts'
import { createInvoices } from './invoice/create-invoices.ts'
import { createManualJournals } from './journal/create-manual-journals.ts'
import { createPayments } from './payment/create-payments.ts'
import { deletePayments } from './payment/delete-payments.ts'
import { getAgedReceivables } from './report/get-aged-receivables.ts'
import { getContacts } from './contact/get-contacts.ts'
import { getCreditNotes } from './invoice/get-credit-notes.ts'
import { getHistory } from './invoice/get-history.ts'
import { getInvoices } from './invoice/get-invoices.ts'
import { getManualJournals } from './journal/get-manual-journals.ts'
import { getOrganisation } from './setting/get-organisation.ts'
import { getProfitAndLoss } from './report/get-profit-and-loss.ts'
import { getTrialBalance } from './report/get-trial-balance.ts'
import { listAccounts } from './setting/list-accounts.ts'
import { listAllContacts } from './contact/list-all-contacts.ts'
import { listBankTransactions } from './payment/list-bank-transactions.ts'
import { listContactGroups } from './contact/list-contact-groups.ts'
import { listContacts } from './contact/list-contacts.ts'
import { listCreditNotes } from './invoice/list-credit-notes.ts'
import { listInvoices } from './invoice/list-invoices.ts'
import { listOpenInvoices } from './invoice/list-open-invoices.ts'
import { listItems } from './setting/list-items.ts'
import { listManualJournals } from './journal/list-manual-journals.ts'
import { listOverpayments } from './payment/list-overpayments.ts'
import { listPayments } from './payment/list-payments.ts'
import { listPrepayments } from './payment/list-prepayments.ts'
import { listTaxRates } from './setting/list-tax-rates.ts'
import { listTrackingCategories } from './setting/list-tracking-categories.ts'
import { onChange } from './on-change.ts'
import { removeFromContactGroup } from './contact/remove-from-contact-group.ts'
import { upsertContacts } from './contact/upsert-contacts.ts'
import { voidInvoices } from './invoice/void-invoices.ts'
import {
  customConnection,
  discover,
  hasScope,
  oauthCode,
  organisations,
  test,
  XeroSettings,
} from './client/connection.ts'
import { hook } from './hook.ts'
import { limits } from './limits.ts'
import { options } from './options.ts'

export const xero: Connector = {
  name: 'xero',
  title: 'Xero',
  summary: 'Accounting: invoices, contacts, credit notes, payments, journals, reports.',
  settings: XeroSettings,
  logins: [customConnection, oauthCode],
  limits,
  hosts: (connection) => [hostPort(textOf(connection.apiUrl)), hostPort(textOf(connection.identityUrl))],
  asksFor: hasScope,
  test,
  discover,
  accounts: organisations,
  hook,
  options,
  operations: [
    onChange,
    listInvoices,
    listOpenInvoices,
    listContacts,
    listAllContacts,
    listCreditNotes,
    listPayments,
    listPrepayments,
    listOverpayments,
    listBankTransactions,
    listManualJournals,
    listAccounts,
    listTaxRates,
    listTrackingCategories,
    listItems,
    listContactGroups,
    getOrganisation,
    getTrialBalance,
    getProfitAndLoss,
    getContacts,
    getInvoices,
    getCreditNotes,
    getAgedReceivables,
    getHistory,
    getManualJournals,
    createInvoices,
    voidInvoices,
    createCreditNotes,
    allocateCredit,
    createPayments,
    deletePayments,
    createManualJournals,
    upsertContacts,
    archiveContacts,
    addToContactGroup,
    removeFromContactGroup,
    addHistoryNotes,
  ],
}
