import type { DataRecord } from '../../../connectors/kit/connector.ts'

/**
 * Reads a dotted path. Lists on the way are walked through, so `Allocations.Invoice.InvoiceID` of a record with two
 * allocations answers two values; a path without lists answers one value or undefined.
 */
export function readPath(record: DataRecord, path: string): unknown {
  let values: unknown[] = [record]
  let plural = false
  for (const name of path.split('.')) {
    const next: unknown[] = []
    for (const value of values) {
      for (const one of Array.isArray(value) ? value : [value]) {
        if (one !== null && typeof one === 'object' && Object.hasOwn(one, name)) {
          next.push((one as Record<string, unknown>)[name])
        }
      }
      if (Array.isArray(value)) plural = true
    }
    values = next
  }
  if (!plural) return values[0]
  return values.flat()
}

/** The text form under which keys are compared; undefined for what cannot be a key. */
export function keyText(value: unknown): string | undefined {
  // As the database keeps it (server/store/database/plain-parameters.ts), or a key would not be found again.
  if (typeof value === 'string') return value === '' ? undefined : value.replaceAll('\0', '\ufffd')
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return undefined
}

/** The text form of a key of one or several fields; undefined when one of them is missing or cannot be a key. */
export function keyOf(record: DataRecord, paths: readonly string[]): string | undefined {
  const texts: string[] = []
  for (const path of paths) {
    const text = keyText(readPath(record, path))
    if (text === undefined) return undefined
    texts.push(text)
  }
  // A list in JSON: no text that a field may hold makes two keys look the same.
  return texts.length === 1 ? texts[0] : JSON.stringify(texts)
}
