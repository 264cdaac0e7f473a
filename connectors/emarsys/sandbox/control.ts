import type { Account, Credentials, LedgerEntry } from './account.ts'
import type { Broadcast } from './broadcast.ts'
import type { ContactStore } from './contacts.ts'
import { type Delivery, PROGRAM_LAUNCH } from './deliveries.ts'
import type { Engagement } from './engagement.ts'
import type { Quirks } from './envelope.ts'
import type { TriggeredEvent } from './events.ts'
import type { Fault } from './faults.ts'
import type { SalesBook, SalesRow } from './sales-book.ts'

/** What a test or the control page may see and change. Reading is live: nothing here is a copy but where it says so. */
export type Control = Credentials & {
  readonly credentials: Credentials
  readonly contacts: ContactStore
  /** Accepted sales rows, oldest first. */
  readonly sales: readonly SalesRow[]
  readonly salesBook: SalesBook
  /** Accepted triggers, oldest first, repeats included. */
  readonly events: readonly TriggeredEvent[]
  readonly ledger: readonly LedgerEntry[]
  /** Calls by `METHOD /route` without the version prefix: `PUT /contact`. */
  readonly requests: ReadonlyMap<string, number>
  readonly lists: Account['lists']
  readonly exports: Account['exports']
  /** Campaigns sent to single addresses, oldest first. */
  readonly broadcasts: readonly Broadcast[]
  readonly engagements: readonly Engagement[]
  readonly totals: {
    /** Sum of price. */
    all(): string
    perDay(): { [day: string]: string }
    perDayAndCurrency(): { day: string; currency: string; price: string; original: string }[]
  }
  /** Triggers that were neither repeats nor stopped: the mails that would have gone out. */
  mails(): readonly TriggeredEvent[]
  setLimits(limits: { readonly perMinute: number } | 'off'): void
  /** Switches permissions of one credential (the OAuth client when none is named) off and on. */
  setPermissions(change: {
    readonly credential?: string
    readonly off?: readonly string[]
    readonly on?: readonly string[]
  }): void
  addFaults(faults: readonly Fault[]): void
  clearFaults(): void
  faults(): readonly Fault[]
  setQuirks(change: Partial<Quirks>): void
  /** Makes every token issued so far invalid; answers how many there were. */
  revokeTokens(): number
  /** Adds a contact past all checks, for doubles and other odd states. Answers its number. */
  plantContact(fields: { readonly [field: string]: string }): number
  /** One mail of a campaign to a contact, and what became of it; for histories, responses and their exports. */
  plantDelivery(mail: Pick<Delivery, 'campaign' | 'contact'> & Partial<Delivery>): void
  /** An external event, without a call. Answers its number. */
  plantEvent(name: string): number
}

export const controlOf = (account: Account): Control => ({
  ...account.credentials,
  credentials: account.credentials,
  contacts: account.contacts,
  sales: account.sales.rows,
  salesBook: account.sales,
  events: account.triggered,
  ledger: account.ledger,
  requests: account.requests,
  lists: account.lists,
  exports: account.exports,
  broadcasts: account.broadcasts,
  engagements: account.engagements,
  totals: {
    all: () => account.sales.total(),
    perDay: () => account.sales.perDay(),
    perDayAndCurrency: () => account.sales.perDayAndCurrency(),
  },
  mails: () => account.triggered.filter((event) => !event.repeat && !event.stopped),
  setLimits: (limits) => {
    account.limits.perMinute = limits === 'off' ? 'off' : limits.perMinute
  },
  setPermissions: ({ credential = account.credentials.clientId, off = [], on = [] }) => {
    const denied = account.denied.get(credential) ?? new Set()
    for (const name of off) denied.add(name)
    for (const name of on) denied.delete(name)
    account.denied.set(credential, denied)
  },
  addFaults: (faults) => account.faults.add(faults),
  clearFaults: () => account.faults.clear(),
  faults: () => account.faults.list(),
  setQuirks: (change) => {
    Object.assign(account.quirks, change)
  },
  revokeTokens: () => account.tokens.revokeAll(),
  plantContact: (fields) => {
    const contact = account.contacts.add()
    for (const [field, value] of Object.entries(fields)) account.contacts.set(contact, field, value)
    return contact.id
  },
  plantDelivery: (mail) =>
    void account.deliveries.push({
      launch: PROGRAM_LAUNCH,
      at: account.now(),
      status: 'LAUNCHED',
      opened: false,
      clicked: false,
      ...mail,
    }),
  plantEvent: (name) => {
    const id = account.nextNumber++
    account.events.set(id, { id, name, created: account.now(), usedBy: [] })
    return id
  },
})
