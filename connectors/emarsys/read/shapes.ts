import type { DataRecord, Flaw } from '../../kit/connector.ts'
import { textOf } from '../../kit/fields.ts'
import { flawIn } from '../../kit/shape.ts'
import { OPT_IN } from '../field/keys.ts'

// What Emarsys says its records are (https://dev.emarsys.com, Core API). Ids and numbers come as texts here and as
// numbers there; that is no flaw.

const named = (what: string, more: Omit<Parameters<typeof flawIn>[0], 'what' | 'names'> = {}) =>
  flawIn({ what, names: ['id', 'name'], texts: ['name'], ...more })

/** Which types there are is not said to be final, and nothing is computed with them. */
export const fieldFlaw = named('contact field', { texts: ['name', 'application_type'] })
export const listFlaw = named('contact list')
export const segmentFlaw = named('segment')
export const eventFlaw = named('external event')
export const choiceFlaw = flawIn({ what: 'choice', names: ['id', 'choice'], texts: ['choice'] })

const CAMPAIGN_STATES = [1, 2, 3, 4, -3]
export const campaignFlaw = named('campaign', {
  values: { status: CAMPAIGN_STATES.flatMap((one) => [one, String(one)]) },
})

/** What a run of a segment counted, already as numbers. */
export const segmentCountFlaw = flawIn({
  what: 'segment',
  names: ['segment'],
  numbers: ['user_count', 'opt_in_count'],
})

/** What somebody did, as an export tells it. */
export const responseFlaw = flawIn({ what: 'response', names: ['id'], times: ['at'], texts: ['campaign'] })

/** 1 yes, 2 no, nothing: unknown. */
const CONSENT = ['', '1', '2']

/** A contact as it was asked for: each field a text, a number, a list of those, or nothing. */
export function contactFlaw(record: DataRecord): Flaw | undefined {
  const id = textOf(record.id)
  const flaw = (field: string, wanted: string): Flaw => ({
    code: 'FIELD_UNEXPECTED',
    message: `“${field}” of contact ${id || 'without an id'} is ${shown(record[field])}, and not ${wanted}.`,
  })
  if (id === '') return flaw('id', 'an id')
  for (const [field, value] of Object.entries(record)) {
    if (!isValue(value)) return flaw(field, 'a text, a number, a list of those, or nothing')
  }
  const consent = record[OPT_IN]
  return consent === undefined || consent === null || CONSENT.includes(textOf(consent))
    ? undefined
    : flaw(OPT_IN, 'a value known here')
}

const isPlain = (value: unknown) => typeof value === 'string' || typeof value === 'number'
const isValue = (value: unknown) =>
  value === null || value === undefined || isPlain(value) || (Array.isArray(value) && value.every(isPlain))

function shown(value: unknown): string {
  if (value === undefined) return 'missing'
  if (value === null) return 'null'
  if (isPlain(value) || typeof value === 'boolean') return `“${String(value).slice(0, 40)}”`
  return Array.isArray(value) ? 'a list of something else' : 'an object'
}
