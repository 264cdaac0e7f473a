import type { Connector } from '../kit/connector.ts'
import { textOf } from '../kit/fields.ts'
import { hostPort } from '../kit/address.ts'
import { addHistoryNotes } from './add-history-notes.ts'
import { addToContactGroup } from './add-to-contact-group.ts'
import { allocateCredit } from './allocate-credit.ts'
import { archiveContacts } from './archive-contacts.ts'
import { createCreditNotes } from './create-credit-notes.ts'
import { createInvoices } from './create-invoices.ts'
import { createManualJournals } from './create-manual-journals.ts'
import { createPayments } from './create-payments.ts'
import { deletePayments } from './delete-payments.ts'
import { getAgedReceivables } from './get-aged-receivables.ts'
import { getContacts } from './get-contacts.ts'
import { getCreditNotes } from './get-credit-notes.ts'
import { getHistory } from './get-history.ts'
import { getInvoices } from './get-invoices.ts'
import { getManualJournals } from './get-manual-journals.ts'
import { getOrganisation } from './get-organisation.ts'
import { getProfitAndLoss } from './get-profit-and-loss.ts'
import { getTrialBalance } from './get-trial-balance.ts'
import { listAccounts } from './list-accounts.ts'
import { listAllContacts } from './list-all-contacts.ts'
import { listBankTransactions } from './list-bank-transactions.ts'
import { listContactGroups } from './list-contact-groups.ts'
import { listContacts } from './list-contacts.ts'
import { listCreditNotes } from './list-credit-notes.ts'
import { listInvoices } from './list-invoices.ts'
import { listOpenInvoices } from './list-open-invoices.ts'
import { listItems } from './list-items.ts'
import { listManualJournals } from './list-manual-journals.ts'
import { listOverpayments } from './list-overpayments.ts'
import { listPayments } from './list-payments.ts'
import { listPrepayments } from './list-prepayments.ts'
import { listTaxRates } from './list-tax-rates.ts'
import { listTrackingCategories } from './list-tracking-categories.ts'
import { onChange } from './on-change.ts'
import { removeFromContactGroup } from './remove-from-contact-group.ts'
import { upsertContacts } from './upsert-contacts.ts'
import { voidInvoices } from './void-invoices.ts'
import { customConnection, discover, hasScope, oauthCode, organisations, test, XeroSettings } from './connection.ts'
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
