import { hash } from 'node:crypto'
import type { DataRecord } from '../../connectors/kit/connector.ts'

/** 16 bytes that are equal when two values are equal as JSON, whatever the order of their keys. */
export function contentHash(value: DataRecord): Buffer {
  return Buffer.from(hash('sha256', JSON.stringify(sorted(value)), 'buffer').subarray(0, 16))
}

function sorted(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(sorted)
  const result: Record<string, unknown> = {}
  for (const key of Object.keys(value).sort()) result[key] = sorted((value as Record<string, unknown>)[key])
  return result
}
