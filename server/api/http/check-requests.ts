import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import type { FieldProblem } from '../../contract/shared.ts'
import { toField } from './error-answers.ts'
import type { Api } from './parts.ts'

/** An id as the API writes it. */
export const isId = (text: string): boolean => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)

/** An instant with its offset, of a day that there is. Leap seconds are in the standard, but in no clock here. */
function isInstant(text: string): boolean {
  const [, day = ''] = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/i.exec(text) ?? []
  // Of a day such as 30 February JavaScript makes another one.
  const whole = Date.parse(`${day}T00:00:00Z`)
  return !Number.isNaN(Date.parse(text)) && !Number.isNaN(whole) && new Date(whole).toISOString().startsWith(day)
}

// Verbose: what is wrong with one of several kinds is told by it (meant-faults.ts).
const shared = { useDefaults: true, strict: false, allErrors: false, verbose: true } as const
/** Bodies are JSON: a text is no number. */
const bodies = new Ajv({ ...shared, coerceTypes: false })
/** Query, path and headers are text, and become what their schema says. */
const texts = new Ajv({ ...shared, coerceTypes: true })
/** Settings and secrets of connections: all that is wrong with a form at once. Small schemas of our own. */
const forms = new Ajv({ ...shared, coerceTypes: false, allErrors: true })

// The package is CommonJS: its default export arrives as a property or as the module itself.
const addFormats = 'default' in formats && typeof formats.default === 'function' ? formats.default : formats
// The types of `ajv-formats` name only the CommonJS shape.
const plug = addFormats as unknown as (ajv: Ajv) => void
for (const ajv of [bodies, texts, forms]) {
  plug(ajv)
  // Formats that only the form of the web app looks at.
  for (const format of ['jsonata', 'path', 'password']) ajv.addFormat(format, true)
}
// As the API writes ids, and no other way: in capitals, or with `urn:uuid:` before it, one id would be two texts wherever
// texts are compared, hashed into the audit log, or say where a secret belongs.
for (const ajv of [bodies, texts]) {
  ajv.addFormat('uuid', isId)
  ajv.addFormat('date-time', isInstant)
}

export function checkRequests(api: Api): void {
  api.setValidatorCompiler(({ schema, httpPart }) => (httpPart === 'body' ? bodies : texts).compile(schema))
}

/** Fills in defaults and answers what is wrong with a form, each place under `part`. */
export function checkForm(schema: object, value: unknown, part: string): FieldProblem[] {
  const check = forms.compile(schema)
  return check(value) ? [] : (check.errors ?? []).map((fault) => toField(part, fault))
}
