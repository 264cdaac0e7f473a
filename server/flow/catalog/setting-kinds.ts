import { Type } from 'typebox'
import type { OperationInfo } from './catalog.ts'

/**
 * What settings of the engine's own operations are made of. Shared vocabulary of formats:
 * `jsonata` an expression over one record; `path` a dotted field path (`Contact.ContactID`), lists are walked through.
 */
export const Expression = (options: { title: string; description?: string; default?: string }) =>
  Type.String({ format: 'jsonata', minLength: 1, maxLength: 20_000, ...options })
export const FieldPath = (options: { title: string; description?: string; default?: string }) =>
  Type.String({ format: 'path', pattern: '^[^.\\s][^\\n]*$', maxLength: 200, ...options })
export const FieldName = (options: { title: string; description?: string; default?: string }) =>
  Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]{0,63}$', ...options })

/** The fields that together name a thing: a record that lacks one of them has no key. */
export const KeyPaths = (options: { title: string; description?: string }) =>
  Type.Array(FieldPath({ title: 'Field' }), { minItems: 1, maxItems: 5, ...options })

export const REJECTED = 'rejected'

export const strict = { additionalProperties: false }

/** An operation of the engine's own. */
export const native = (
  info: Pick<OperationInfo, 'id' | 'kind' | 'title' | 'summary' | 'inputs' | 'ports'> &
    Partial<Pick<OperationInfo, 'synonyms' | 'portsFrom' | 'events'>> & { settings: object },
): OperationInfo => ({
  synonyms: [],
  permissions: [],
  moneyFields: [],
  rules: [],
  ...info,
  settings: info.settings as OperationInfo['settings'],
})
