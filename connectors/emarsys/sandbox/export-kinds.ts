import type { Account } from './account.ts'
import { campaignOf } from './campaigns.ts'
import { type Input, textOf } from './contact-writes.ts'
import type { Contact } from './contacts.ts'
import { deliveriesOf } from './deliveries.ts'
import { ApiFailure } from './envelope.ts'
import { accountTime } from './lists.ts'

/** One line of an export: a contact, and what stands after its fields. */
export type ExportRow = { readonly contact: Contact; readonly more: readonly string[] }

export type ExportKind = {
  readonly type: string
  readonly permission: string
  /** Titles of the columns after the contact's fields. */
  titles?(body: Input): readonly string[]
  rows(account: Account, body: Input): ExportRow[]
}

type Range = { has(milliseconds: number): boolean }

const MOMENT = /^\d{4}-\d{2}-\d{2}(?: \d{2}:\d{2}(?::\d{2})?)?$/

/** `time_range`: two days or moments in the account's time, both included as far as they are spelled out. */
const rangeOf = (body: Input): Range => {
  const [from, to] = Array.isArray(body.time_range) ? body.time_range.map(textOf) : []
  if (!Array.isArray(body.time_range) || body.time_range.length !== 2 || from === undefined || to === undefined)
    throw new ApiFailure(400, 10001, 'Invalid data format for time_range. Array size must be 2')
  if (!MOMENT.test(from) || !MOMENT.test(to))
    throw new ApiFailure(400, 10001, 'Valid start_date and end_date is required')
  if (from > to) throw new ApiFailure(400, 10001, 'Invalid value for end_date: end_date is earlier than the start_date')
  return {
    has(milliseconds) {
      const at = accountTime(milliseconds)
      return at.slice(0, from.length) >= from && at.slice(0, to.length) <= to
    },
  }
}

const plain = (contacts: Iterable<Contact>): ExportRow[] => [...contacts].map((contact) => ({ contact, more: [] }))

const written = (account: Account, body: Input, kinds: readonly string[]): ExportRow[] => {
  const range = rangeOf(body)
  const ids = new Set<number>()
  for (const entry of account.ledger) if (kinds.includes(entry.kind) && range.has(entry.at)) ids.add(entry.id)
  return plain([...account.contacts.all()].filter((contact) => ids.has(contact.id)))
}

type Response = { readonly campaign: number; readonly contact: number; readonly at: number }

/** Where a response came from, by the names the request uses. Sources that the sandbox has none of answer nobody. */
const SOURCES: { readonly [source: string]: (account: Account) => Iterable<Response> } = {
  mail_open: (account) => [...deliveriesOf(account)].filter((mail) => mail.opened),
  trackable_links: (account) => [...deliveriesOf(account)].filter((mail) => mail.clicked),
  unsubscribe: (account) => account.unsubscribes,
  registration_forms: () => [],
  tell_a_friend: () => [],
  contact_us: () => [],
  change_profile: () => [],
  complaint: () => [],
}

/** Columns about the response, by the number under which they are asked for. Others exist and are left empty. */
const ANALYSIS: { readonly [field: string]: readonly [string, (account: Account, response: Response) => string] } = {
  '1': ['Campaign title', (account, { campaign }) => account.campaigns.get(campaign)?.name ?? ''],
  '8': ['Time', (_account, { at }) => accountTime(at)],
  '12': ['Campaign ID', (_account, { campaign }) => String(campaign)],
}

const analysisOf = (body: Input): string[] =>
  Array.isArray(body.analysis_fields) ? body.analysis_fields.map(textOf) : []

const responses = (account: Account, body: Input): ExportRow[] => {
  const range = rangeOf(body)
  const sources = Array.isArray(body.sources) ? body.sources.map(textOf) : Object.keys(SOURCES)
  const unknown = sources.find((source) => !Object.hasOwn(SOURCES, source))
  if (unknown !== undefined) throw new ApiFailure(400, 10001, `Invalid value for sources: ${unknown}`)
  const campaign = body.email_id === undefined ? undefined : campaignOf(account, body.email_id).id
  const columns = analysisOf(body)
  const rows: ExportRow[] = []
  for (const source of sources)
    for (const response of SOURCES[source]?.(account) ?? []) {
      const contact = account.contacts.byId(response.contact)
      if (contact === undefined || !range.has(response.at)) continue
      if (campaign !== undefined && response.campaign !== campaign) continue
      rows.push({ contact, more: columns.map((column) => ANALYSIS[column]?.[1](account, response) ?? '') })
    }
  return rows
}

export const EXPORT_KINDS: { readonly [path: string]: ExportKind } = {
  '/contact/getchanges': {
    type: 'changes',
    permission: 'export.contact.changed',
    rows: (account, body) => written(account, body, ['contact.create', 'contact.update']),
  },
  '/contact/getregistrations': {
    type: 'registrations',
    permission: 'export.contact.registrations',
    rows: (account, body) => written(account, body, ['contact.create']),
  },
  '/email/getresponses': {
    type: 'responses',
    permission: 'export.responses',
    titles: (body) => analysisOf(body).map((column) => ANALYSIS[column]?.[0] ?? `Field ${column}`),
    rows: responses,
  },
  '/email/getcontacts': {
    type: 'contactlist',
    permission: 'export.contactlist',
    rows: (account, body) => {
      const list = account.lists.get(Number(textOf(body.contactlist)))
      if (list === undefined) throw new ApiFailure(400, 3004, 'Invalid contact list id')
      return plain([...account.contacts.all()].filter((contact) => list.members.has(contact.id)))
    },
  },
  '/export/filter': {
    type: 'segment',
    permission: 'export.segment',
    rows: (account, body) => {
      const segment = account.segments.get(Number(textOf(body.filter)))
      if (segment === undefined) throw new ApiFailure(404, 10002, 'Segment does not exist')
      return plain([...account.contacts.all()].filter((contact) => segment.matches(account, contact)))
    },
  },
}
