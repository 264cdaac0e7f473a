/** Stands where a text or a number is, so that what is missing can still be told from what is hidden. */
export const HIDDEN = '[hidden]'

/** Fields that say what a record is, not about whom: numbers of documents, ids, states, kinds, currencies, times. */
const SHOWN =
  /^(id|key|number|document|status|type|state|method|ms|version|outcome|class|lineNo|quantity|.*(?:ID|Id|_id)|(?:invoice|creditNote|order|purchaseOrder)_?number|currency(?:_?code)?|.*(?:date|time|At|_at|UTC))$/i
/** A mail address may stand in any field. */
const PERSONAL = /@/
/** Longer than any number of a document: somebody’s words. */
const LONGEST = 64

/**
 * What may be seen of a value without a reason: the shape of it, and the fields that name documents. Whatever is not
 * known to be harmless is hidden.
 */
export function masked(value: unknown, field = ''): unknown {
  if (Array.isArray(value)) return value.map((element) => masked(element, field))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, masked(inner, name)]))
  }
  return maskedLeaf(value, field)
}

/** Records are alike, and the test of a name takes longer than finding it again. */
const known = new Map<string, boolean>()
const MOST_KNOWN = 5_000

function isShown(field: string): boolean {
  let shown = known.get(field)
  if (shown === undefined) {
    if (known.size >= MOST_KNOWN) known.clear()
    shown = SHOWN.test(field)
    known.set(field, shown)
  }
  return shown
}

/** The same of a value that holds no others. */
export function maskedLeaf(value: unknown, field: string): unknown {
  if (value === null || typeof value === 'boolean') return value
  if (field === 'url' && typeof value === 'string') return addressOf(value)
  if (!isShown(field)) return HIDDEN
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
