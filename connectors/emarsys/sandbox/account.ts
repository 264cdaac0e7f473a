import type { Behaviour } from './behaviour.ts'
import type { Broadcast } from './broadcast.ts'
import type { ResponseQuery } from './campaign-responses.ts'
import { bornCampaigns, type Campaign } from './campaigns.ts'
import { ContactStore } from './contacts.ts'
import type { Delivery, Unsubscribe } from './deliveries.ts'
import { bornEngagements, type Engagement } from './engagement.ts'
import { defaultQuirks, type Quirks } from './envelope.ts'
import type { ExternalEvent, TriggeredEvent } from './events.ts'
import type { ExportJob } from './exports.ts'
import { Faults } from './faults.ts'
import { createFields, type Fields } from './fields.ts'
import { Limits } from './limits.ts'
import type { ContactList } from './lists.ts'
import { bornPrograms, type Program, type ProgramRun } from './programs.ts'
import { bornTables, type RelationalTable } from './relational.ts'
import { SalesBook } from './sales-book.ts'
import { bornSegments, type Segment, type SegmentRun } from './segments.ts'
import { seedContacts } from './seed.ts'
import { Tokens } from './tokens.ts'

export type SandboxOptions = {
  /** 0 or absent: any free port. */
  readonly port?: number
  readonly host?: string
  readonly seed?: number
  /** Contacts that exist from the start. */
  readonly contacts?: number
  readonly clientId?: string
  readonly clientSecret?: string
  readonly wsseUser?: string
  readonly wsseSecret?: string
  /** Key and secret of a partner, for the internal path. The key must not contain a slash. */
  readonly escherKey?: string
  readonly escherSecret?: string
  readonly merchantId?: string
  readonly salesToken?: string
  /** Column names in the agreed order. The one named `customer` or `email` identifies the buyer. */
  readonly salesColumns?: readonly string[]
  /** Field whose value the sales column `customer` holds. */
  readonly externalIdField?: number
  readonly limits?: { readonly perMinute: number } | 'off'
  /** How long a minute of the limits is, in milliseconds. */
  readonly minuteMs?: number
  /** Life of an access token. */
  readonly tokenSeconds?: number
  /** Wait before every answer. */
  readonly latencyMs?: number
  /** Milliseconds since 1970, UTC. */
  readonly now?: () => number
}

export type Credentials = {
  readonly clientId: string
  readonly clientSecret: string
  readonly wsseUser: string
  readonly wsseSecret: string
  readonly escherKey: string
  readonly escherSecret: string
  readonly merchantId: string
  readonly salesToken: string
}

/** One accepted change, as remembered for judges. Nothing is ever taken out. */
export type LedgerEntry = {
  readonly seq: number
  /** Milliseconds since 1970, UTC. */
  readonly at: number
  readonly kind: string
  /** Contact, list, event, field or upload number. */
  readonly id: number
  /**
   * Of a written contact: `fields` as sent, their `values` in the same order (`undefined` where the field was sent
   * empty), and in `cleared` the fields that lost a value.
   */
  readonly detail?: { readonly [field: string]: unknown }
}

/** Everything one account of the sandbox holds. */
export type Account = {
  readonly options: Required<
    Omit<SandboxOptions, 'limits' | 'minuteMs' | 'port' | 'host' | 'contacts' | 'salesColumns'>
  >
  readonly credentials: Credentials
  readonly now: () => number
  readonly quirks: Quirks
  readonly limits: Limits
  /** Of the mail streams, which count by the hour. */
  readonly streamLimits: Limits
  readonly faults: Faults
  readonly tokens: Tokens
  /** Nonces of WSSE headers that were taken while none may come twice. */
  readonly nonces: Set<string>
  /** Permissions switched off, by credential (client id or WSSE user). */
  readonly denied: Map<string, Set<string>>
  readonly fields: Fields
  readonly contacts: ContactStore
  readonly sources: Map<number, string>
  readonly lists: Map<number, ContactList>
  readonly events: Map<number, ExternalEvent>
  readonly campaigns: Map<number, Campaign>
  readonly responseQueries: Map<number, ResponseQuery>
  /** Mails that were planted; those of event triggers are derived from the triggers (deliveries.ts). */
  readonly deliveries: Delivery[]
  readonly unsubscribes: Unsubscribe[]
  readonly broadcasts: Broadcast[]
  /** Addresses and domains on the block list. */
  readonly blocked: Set<string>
  readonly programs: readonly Program[]
  readonly programRuns: ProgramRun[]
  readonly behaviour: Behaviour[]
  /** Engagement events that are connected to a program, as `integration/configuration`. */
  readonly engagementEvents: ReadonlySet<string>
  readonly engagements: Engagement[]
  readonly segments: Map<number, Segment>
  readonly segmentRuns: Map<string, SegmentRun>
  readonly exports: Map<number, ExportJob>
  /** Tables of the relational data service, by `connection/table`. */
  readonly tables: Map<string, RelationalTable>
  readonly triggered: TriggeredEvent[]
  /** Trigger ids already taken, as `event id` + newline + `trigger id`. */
  readonly triggerIds: Set<string>
  readonly sales: SalesBook
  readonly ledger: LedgerEntry[]
  /** Lists of field numbers met so far: nearly all records of a sync have the same one, and the ledger shares it. */
  readonly shapes: Map<string, readonly string[]>
  /** Calls by `METHOD /route`, without the version prefix. */
  readonly requests: Map<string, number>
  /** Numbers for lists, events, fields and sources. */
  nextNumber: number
}

export const DEFAULT_SALES_COLUMNS: readonly string[] = [
  'item',
  'price',
  'order',
  'timestamp',
  'customer',
  'quantity',
  'f_original_amount',
  's_original_currency',
  's_document',
  's_kind',
]

const STREAM_CALLS_PER_HOUR = 1000

export const createAccount = (options: SandboxOptions): Account => {
  const now = options.now ?? Date.now
  const seed = options.seed ?? 1
  const fields = createFields()
  const indexed = [...fields.values()].filter((field) => field.indexed === true).map((field) => String(field.id))
  const externalIdField = options.externalIdField ?? 9001
  const contacts = new ContactStore(new Set([...indexed, 'eid', String(externalIdField)]), seed)
  seedContacts(contacts, options.contacts ?? 0, seed)
  const credentials: Credentials = {
    clientId: options.clientId ?? 'sandbox-client',
    clientSecret: options.clientSecret ?? 'sandbox-client-secret',
    wsseUser: options.wsseUser ?? 'sandbox001',
    wsseSecret: options.wsseSecret ?? 'sandbox-wsse-secret',
    escherKey: options.escherKey ?? 'sandbox_suite_v1',
    escherSecret: options.escherSecret ?? 'sandbox-escher-secret',
    merchantId: options.merchantId ?? 'SANDBOX1',
    salesToken: options.salesToken ?? 'sandbox-sales-token',
  }
  const created = now()
  return {
    options: {
      ...credentials,
      seed,
      externalIdField,
      tokenSeconds: options.tokenSeconds ?? 3600,
      latencyMs: options.latencyMs ?? 0,
      now,
    },
    credentials,
    now,
    quirks: defaultQuirks(),
    limits: new Limits(options.limits === 'off' ? 'off' : (options.limits?.perMinute ?? 1000), options.minuteMs),
    streamLimits: new Limits(
      options.limits === 'off' ? 'off' : STREAM_CALLS_PER_HOUR,
      60 * (options.minuteMs ?? 60_000),
    ),
    faults: new Faults(),
    tokens: new Tokens(),
    nonces: new Set(),
    denied: new Map(),
    fields,
    contacts,
    sources: new Map([[77, 'web-shop']]),
    lists: new Map(),
    events: new Map([
      [204, { id: 204, name: 'invoice_overdue', created, usedBy: ['Dunning program'], campaign: 8811 }],
      [205, { id: 205, name: 'invoice_paid', created, usedBy: [] }],
    ]),
    campaigns: bornCampaigns(),
    responseQueries: new Map(),
    deliveries: [],
    unsubscribes: [],
    broadcasts: [],
    blocked: new Set(),
    programs: bornPrograms(),
    programRuns: [],
    behaviour: [],
    engagementEvents: bornEngagements(),
    engagements: [],
    segments: bornSegments(),
    segmentRuns: new Map(),
    exports: new Map(),
    tables: bornTables(),
    triggered: [],
    triggerIds: new Set(),
    sales: new SalesBook(options.salesColumns ?? DEFAULT_SALES_COLUMNS),
    ledger: [],
    shapes: new Map(),
    requests: new Map(),
    nextNumber: 9012,
  }
}

/** Writes down one accepted change. */
export const record = (account: Account, kind: string, id: number, detail?: LedgerEntry['detail']): void => {
  const seq = account.ledger.length + 1
  account.ledger.push(
    detail === undefined ? { seq, at: account.now(), kind, id } : { seq, at: account.now(), kind, id, detail },
  )
}
