import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { DataRecord } from '../../connectors/kit/connector.ts'
import { contentHash, sameContent } from '../../server/run/record/content-hash.ts'

const reversed = (value: unknown): unknown =>
  value === null || typeof value !== 'object' || Array.isArray(value)
    ? value
    : Object.fromEntries(Object.entries(value).toReversed())

test('two records are the same content exactly when their hashes are', () => {
  const one = fc.dictionary(fc.constantFrom('a', 'b', '3', 'toString'), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 })
  fc.assert(
    fc.property(one, one, (first, second) => {
      const hashes = [first, second].map((value) => contentHash(value as DataRecord).toString('hex'))
      expect(sameContent(first, second)).toBe(hashes[0] === hashes[1])
      expect(sameContent(first, reversed(structuredClone(first)))).toBe(true)
    }),
    { numRuns: 500 },
  )
})

test('lists are compared in order, and are no objects', () => {
  expect(sameContent({ a: [1, 2] }, { a: [2, 1] })).toBe(false)
  expect(sameContent({ a: ['x'] }, { a: { 0: 'x' } })).toBe(false)
  expect(sameContent({ a: null }, { a: {} })).toBe(false)
})
