import { DAY } from './clock.ts'
import type { Books, Contact } from './model.ts'
import { ID_KIND, type Random, uuidOf } from './random.ts'
import { COMPANY_FIRST, COMPANY_FORM, COMPANY_SECOND, FIRST_NAMES, LAST_NAMES, TOWNS } from './seed-names.ts'

export type SeededContacts = {
  readonly customers: readonly Contact[]
  readonly suppliers: readonly Contact[]
}

/**
 * Companies and persons. One in twenty only sells to us; 2 in 100 have no e-mail, 2 in 100 share one with an earlier
 * contact, 2 in 100 are archived. Names are unique, as Xero demands of active contacts.
 */
export function seedContacts(books: Books, random: Random, count: number, from: number, until: number): SeededContacts {
  const customers: Contact[] = []
  const suppliers: Contact[] = []
  const names = new Map<string, number>()
  const mails = new Map<string, number>()
  const all: Contact[] = []
  let earlierMail = ''
  for (let i = 0; i < count; i++) {
    const person = random.next() < 0.4
    const supplier = i % 20 === 13
    const firstName = random.pick(FIRST_NAMES)
    const lastName = random.pick(LAST_NAMES)
    const wanted = person
      ? `${firstName} ${lastName}`
      : `${random.pick(COMPANY_FIRST)} ${random.pick(COMPANY_SECOND)} ${random.pick(COMPANY_FORM)}`
    const name = numbered(names, wanted.toLowerCase(), (n) => (n === 1 ? wanted : `${wanted} ${n}`))
    const domain = person ? 'mail.example' : `${plain(name)}.example`
    const own = numbered(mails, `${plain(firstName)}.${plain(lastName)}@${domain}`, (n) =>
      n === 1
        ? `${plain(firstName)}.${plain(lastName)}@${domain}`
        : `${plain(firstName)}.${plain(lastName)}${n}@${domain}`,
    )
    const kind = i % 50
    const email = kind === 17 ? '' : kind === 29 ? earlierMail : own
    if (email === own) earlierMail = own
    const town = random.pick(TOWNS)
    const contact: Contact = {
      id: uuidOf(books.seed, ID_KIND.contact, i + 1),
      updated: Math.floor(from + ((until - from) * (i + random.next())) / count),
      name,
      status: kind === 41 ? 'ARCHIVED' : 'ACTIVE',
      firstName,
      lastName,
      email,
      number: random.next() < 0.3 ? `C${String(i + 1).padStart(6, '0')}` : '',
      accountNumber: random.next() < 0.2 ? `AC-${10_000 + i}` : '',
      taxNumber: !person && random.next() < 0.5 ? `GB${100_000_000 + random.int(0, 899_999_999)}` : '',
      details: {
        addresses: [
          {
            AddressType: 'STREET',
            AddressLine1: `${random.int(1, 240)} High Street`,
            City: town[0],
            PostalCode: town[1],
            Country: 'United Kingdom',
          },
        ],
        ...(random.next() < 0.5
          ? {
              phones: [
                { PhoneType: 'DEFAULT', PhoneNumber: String(random.int(200_000, 999_999)), PhoneAreaCode: '020' },
              ],
            }
          : {}),
      },
      createdByApi: false,
      documents: [],
    }
    // A supplier that never buys: nothing but bills will point at it.
    if (supplier) suppliers.push(contact)
    else customers.push(contact)
    if (contact.status === 'ACTIVE') books.activeNames.set(name.toLowerCase(), contact)
    all.push(contact)
  }
  books.contacts.fill(all)
  return { customers, suppliers: suppliers.length > 0 ? suppliers : customers }
}

/** Spread of contact changes: the first third of the period, so that most contacts are older than their documents. */
export const CONTACT_SPREAD = 240 * DAY

function numbered(taken: Map<string, number>, key: string, word: (n: number) => string): string {
  const n = (taken.get(key) ?? 0) + 1
  taken.set(key, n)
  return word(n)
}

function plain(text: string): string {
  return text
    .normalize('NFD')
    .replace(/[^\p{ASCII}]/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '')
}
