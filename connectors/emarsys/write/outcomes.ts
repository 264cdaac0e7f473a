import { CONFIRMED, type Outcome } from '../../kit/connector.ts'
import { fieldsOf, listOf, textOf } from '../../kit/fields.ts'
import { excerpt } from '../../kit/redact.ts'
import { recordCode } from '../client/client.ts'
import { normalKey } from '../field/keys.ts'

export type RecordError = { readonly code: string; readonly text: string }

/**
 * Per-record errors by the key as Emarsys gave it. Absent, `[]` and `{}` all mean none; else an object of objects, or,
 * from getdata, a list of {key, errorCode, errorMsg}.
 */
export function readErrors(data: unknown): ReadonlyMap<string, RecordError> {
  const errors = fieldsOf(data).errors
  if (Array.isArray(errors)) {
    return new Map(
      listOf(errors)
        .map(fieldsOf)
        .map(({ key, errorCode, errorMsg }) => [textOf(key), { code: textOf(errorCode), text: textOf(errorMsg) }]),
    )
  }
  return new Map(
    Object.entries(fieldsOf(errors)).map(([key, byCode]) => {
      const [code, text] = Object.entries(fieldsOf(byCode))[0] ?? ['', textOf(byCode)]
      return [key, { code, text: textOf(text) }]
    }),
  )
}

/**
 * One outcome per key, in order. By key and not by position: Emarsys' list of ids holds the successes only. An error
 * under a key that was not sent belongs to some record nobody can name: then no record without an error of its own is
 * sure, unless there was only one.
 */
export function outcomesByKey(keyField: string, keys: readonly string[], data: unknown): readonly Outcome[] {
  const errors = new Map([...readErrors(data)].map(([key, error]) => [normalKey(keyField, key), error]))
  const sent = new Set(keys.map((key) => normalKey(keyField, key)))
  const strays = [...errors].filter(([key]) => !sent.has(key)).map(([, error]) => error)
  return keys.map((key): Outcome => {
    const error = errors.get(normalKey(keyField, key)) ?? (sent.size === 1 ? strays[0] : undefined)
    if (error) return refused(error)
    const stray = strays[0]
    if (stray) {
      return { status: 'unknown', message: `Emarsys refused a record without saying which: ${said(stray)}.` }
    }
    return CONFIRMED
  })
}

export function refused(error: RecordError): Outcome {
  const field = error.code === '2006' ? /invalid field id:?\s*(\S+)/i.exec(error.text)?.[1] : undefined
  if (field !== undefined) {
    return {
      status: 'rejected',
      code: 'FIELD_GONE',
      message: `Emarsys has no contact field ${excerpt(field, 40)}. It was deleted there, or belongs to another account.`,
      remote: said(error),
    }
  }
  const hint = error.code === '2009' ? ' Two writers created this contact at the same moment; try it again.' : ''
  return {
    status: 'rejected',
    code: recordCode(error.code),
    message: `Emarsys refused this record: ${said(error)}.${hint}`,
    remote: said(error),
  }
}

const said = ({ code, text }: RecordError) => `${excerpt(text).replace(/\.$/, '')} (${code || 'no code'})`
