import type { OptionSource } from '../../../connectors/kit/options.ts'
import type { OperationInfo } from '../../flow/catalog/catalog.ts'
import { isObject } from '../../flow/schema/schema.ts'

type Source = Pick<OptionSource, 'name' | 'permissions'>

/**
 * What a step needs because it names things of the other system where it could have given their numbers: the permissions
 * of the sources among which the names are looked up (`x-known`, connectors/kit/options.ts).
 */
export function permissionsOfNames(
  operation: Pick<OperationInfo, 'settings' | 'payload'> | undefined,
  sources: readonly Source[],
  settings: { readonly [name: string]: unknown },
): readonly string[] {
  if (!operation) return []
  const properties = isObject(operation.settings.properties) ? operation.settings.properties : {}
  const named = Object.entries(properties).flatMap(([name, schema]) => sourcesNamed(schema, settings[name]))
  const { 'x-options-of-keys': ofKeys, 'x-known': known } = isObject(operation.payload) ? operation.payload : {}
  if (typeof ofKeys === 'string' && typeof known === 'string' && !keysAreKnown(settings.record, new RegExp(known))) {
    named.push(ofKeys)
  }
  return sources.flatMap(({ name, permissions }) => (named.includes(name) ? permissions : []))
}

function sourcesNamed(schema: unknown, value: unknown): readonly string[] {
  if (!isObject(schema)) return []
  if (Array.isArray(value)) return value.flatMap((element: unknown) => sourcesNamed(schema.items, element))
  const { 'x-options': source, 'x-known': known, default: usual } = schema
  if (typeof source !== 'string' || typeof known !== 'string') return []
  const name = value ?? usual
  return typeof name === 'string' && name !== '' && !new RegExp(known).test(name) ? [source] : []
}

/**
 * Whether an expression plainly builds an object of known keys and nothing else. What is passed on, or put together, may
 * hold names: then the permission counts as needed.
 */
function keysAreKnown(expression: unknown, known: RegExp): boolean {
  if (typeof expression !== 'string' || !/^\s*\{/.test(expression)) return false
  const keys = [...expression.matchAll(/(?:'([^'\\]*)'|"([^"\\]*)")\s*:/g)].map((found) => found[1] ?? found[2] ?? '')
  const outside = expression.replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/g, '')
  return keys.every((key) => known.test(key)) && keys.length === (outside.match(/:/g) ?? []).length
}
