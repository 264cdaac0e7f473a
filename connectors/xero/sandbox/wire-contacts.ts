import { type Contact, isCredit, isSale, openAmount } from './model.ts'
import { fromCents } from './money.ts'
import { msInstant, type Wire } from './wire.ts'

const PHONE_SLOTS = ['DDI', 'DEFAULT', 'FAX', 'MOBILE'] as const
const ADDRESS_SLOTS = ['STREET', 'POBOX'] as const

/** The contact inside documents of a list: its id and name, the rest empty. */
export function slimContact(contact: Contact): Wire {
  return {
    ContactID: contact.id,
    ...(contact.number ? { ContactNumber: contact.number } : {}),
    Name: contact.name,
    Addresses: [],
    Phones: [],
    ContactGroups: [],
    ContactPersons: [],
    HasValidationErrors: false,
  }
}

/** What unpaged lists and documents read one at a time show. */
export function shortContact(contact: Contact): Wire {
  const { details } = contact
  return {
    ContactID: contact.id,
    ...(contact.number ? { ContactNumber: contact.number } : {}),
    ...(contact.accountNumber ? { AccountNumber: contact.accountNumber } : {}),
    ContactStatus: contact.status,
    Name: contact.name,
    ...(contact.firstName ? { FirstName: contact.firstName } : {}),
    ...(contact.lastName ? { LastName: contact.lastName } : {}),
    EmailAddress: contact.email,
    BankAccountDetails: details.bankAccount ?? '',
    ...(details.companyNumber ? { CompanyNumber: details.companyNumber } : {}),
    ...(contact.taxNumber ? { TaxNumber: contact.taxNumber } : {}),
    Addresses: slots('AddressType', ADDRESS_SLOTS, details.addresses),
    Phones: slots('PhoneType', PHONE_SLOTS, details.phones),
    UpdatedDateUTC: msInstant(contact.updated),
    ContactGroups: [],
    IsSupplier: contact.documents.some((document) => !isSale(document)),
    IsCustomer: contact.documents.some(isSale),
    ...(details.defaultCurrency ? { DefaultCurrency: details.defaultCurrency } : {}),
    ContactPersons: [],
    HasAttachments: false,
    HasValidationErrors: false,
  }
}

/** The form of single and paged reads. Balances are raw sums of what is open, whatever the currency. */
export function fullContact(contact: Contact, today: number): Wire {
  return {
    ...shortContact(contact),
    ContactGroups: [...(contact.groups ?? [])].map(({ id, name, status }) => ({
      ContactGroupID: id,
      Name: name,
      Status: status,
      Contacts: [],
    })),
    ...(contact.mergedTo ? { MergedToContactID: contact.mergedTo.id } : {}),
    ContactPersons: contact.details.persons ?? [],
    ...(contact.details.website ? { Website: contact.details.website } : {}),
    ...balances(contact, today),
  }
}

/** summaryOnly=true: the cheap fields alone. */
export function summaryContact(contact: Contact): Wire {
  const {
    Addresses: _a,
    ContactGroups: _g,
    ContactPersons: _p,
    IsCustomer: _c,
    IsSupplier: _s,
    ...rest
  } = shortContact(contact)
  return rest
}

function balances(contact: Contact, today: number): Wire {
  const sums = { receivable: 0, receivableOverdue: 0, payable: 0, payableOverdue: 0 }
  for (const document of contact.documents) {
    if (document.status !== 'AUTHORISED') continue
    const sign = isCredit(document) ? -1 : 1
    const open = sign * openAmount(document)
    const overdue = document.due !== null && document.due < today ? open : 0
    if (isSale(document)) {
      sums.receivable += open
      sums.receivableOverdue += overdue
    } else {
      sums.payable += open
      sums.payableOverdue += overdue
    }
  }
  if (contact.documents.length === 0) return {}
  return {
    Balances: {
      AccountsReceivable: { Outstanding: fromCents(sums.receivable), Overdue: fromCents(sums.receivableOverdue) },
      AccountsPayable: { Outstanding: fromCents(sums.payable), Overdue: fromCents(sums.payableOverdue) },
    },
  }
}

function slots(key: string, names: readonly string[], given: readonly Wire[] | undefined): Wire[] {
  return names.map((name) => given?.find((detail) => detail[key] === name) ?? { [key]: name })
}
