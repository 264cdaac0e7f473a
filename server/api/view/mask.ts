import { HIDDEN, maskedWords } from '../../../connectors/kit/personal-words.ts'
import type { ROLES } from '../../contract/roles.ts'
import { isAllowed } from '../http/permissions.ts'

export { HIDDEN, maskedWords }

type Role = (typeof ROLES)[number]

/**
 * The key by which a record is known, as somebody may see it where records are listed: one that is itself an address or a
 * telephone number is for the desks, who have to find the record by it in the other system.
 */
export function maskedKey(key: string, role: Role | undefined): string {
  return role !== undefined && isAllowed(role, 'payloads.read') ? key : maskedWords(key)
}

/** Why a step failed, as it is listed: its words may be those of another system. */
export function maskedError<E extends { readonly [name: string]: unknown } | null>(error: E): E {
  if (error === null) return error
  const entries = Object.entries(error).map(([name, value]) => [
    name,
    typeof value === 'string' ? maskedWords(value) : value,
  ])
  return Object.fromEntries(entries) as E // the same names, and texts for texts
}

/** Fields that say what a record is, not about whom: numbers of documents, ids, states, kinds, currencies, times. */
const SHOWN = [
  /^(?:id|key|number|document|status|type|state|method|ms|version|outcome|class|lineNo|quantity)$/i,
  /^(?:invoice|creditNote|order|purchaseOrder)_?number$/i,
  /^currency(?:_?code)?$/i,
  // By their capitals or underlines, else “paid”, “flat” and “candidate” would end in one of them.
  /(?:ID|I[dD]|(?:^|_)id|At|(?:^|_)at|UTC)$/,
  /(?:Date|DATE|(?:^|[_\d])date|Time|TIME|(?:^|[_\d])time)$/,
]
/** Ids and days that tell of a person, whatever document they stand in. */
const OF_PERSONS = /birth|passport|national|personal|social|tax/i
/** A mail address may stand in any field. */
const PERSONAL = /@/
/** Some systems answer in objects whose names are the addresses or telephone numbers that they were asked for. */
const PERSONAL_NAME = /@|^\+\d/
/** Longer than any number of a document: somebody’s words. */
const LONGEST = 64

/**
 * What may be seen of a value without a reason: the shape of it, and the fields that name documents. Whatever is not
 * known to be harmless is hidden.
 */
export function masked(value: unknown, field = ''): unknown {
  if (Array.isArray(value)) return value.map((element) => masked(element, field))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([name, inner], place) => {
        const shown = maskedName(name)
        // Two that are hidden are two still.
        return [shown === HIDDEN ? `${HIDDEN} ${place + 1}` : shown, masked(inner, name)]
      }),
    )
  }
  return maskedLeaf(value, field)
}

/** Of a call in our trace: our own measures, and the few headers of its answer that are kept (server/connect/http.ts). */
const OF_CALLS = new Set([
  'method',
  'status',
  'requestBytes',
  'responseBytes',
  'ms',
  'waitedMs',
  'headers',
  'error',
  'generation',
])

/** A call as it may be seen without a reason: how it went, but not what its address may tell of somebody. */
export const maskedCall = (call: unknown): unknown =>
  typeof call === 'object' && call !== null
    ? Object.fromEntries(
        Object.entries(call).map(([name, value]) => [name, OF_CALLS.has(name) ? value : masked(value, name)]),
      )
    : masked(call)

/** Records are alike, and the tests of a name take longer than finding it again. */
const known = new Map<string, { readonly shown: boolean; readonly personal: boolean }>()
const MOST_KNOWN = 5_000

function knownOf(field: string) {
  let found = known.get(field)
  if (found === undefined) {
    if (known.size >= MOST_KNOWN) known.clear()
    const personal = PERSONAL_NAME.test(field)
    found = { personal, shown: !personal && !OF_PERSONS.test(field) && SHOWN.some((one) => one.test(field)) }
    known.set(field, found)
  }
  return found
}

/** The name of a field as it may be seen without a reason. */
export const maskedName = (field: string): string => (knownOf(field).personal ? HIDDEN : field)

/** The same of a value that holds no others. */
export function maskedLeaf(value: unknown, field: string): unknown {
  if (value === null || typeof value === 'boolean') return value
  if (field === 'url' && typeof value === 'string') return addressOf(value)
  if (!knownOf(field).shown) return HIDDEN
  return typeof value === 'string' && (value.length > LONGEST || PERSONAL.test(value)) ? HIDDEN : value
}

/** The query of an address may name people. */
function addressOf(url: string): string {
  const [place = '', query] = url.split('?')
  if (PERSONAL.test(decoded(place))) return HIDDEN
  return query === undefined ? place : `${place}?${HIDDEN}`
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return '@' // what cannot be read is hidden
  }
}
