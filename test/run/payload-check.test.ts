import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { expect, test, vi } from 'vitest'
import { connectors } from '../../connectors/index.ts'
import { payloadCheck } from '../../server/run/write/payload-check.ts'

// What goes out is checked field by field where that is quicker: with the answers of the library's own check.

const VALUES: readonly unknown[] = [
  ...[{}, { '3': 'a@b.c' }, { a: 1, b: null, c: ['x', 2] }, { a: [] }, { a: [null] }, { a: {} }, { a: true }],
  ...[{ a: undefined }, { a: 'x', b: { c: 1 } }, { a: [['x']] }, [], ['x'], null, 'x', 7, true, { line: 'a\nb' }],
  ...[
    { key: 'c', rows: [{ item: 'i' }] },
    { email: 'a@b.c', data: { x: 1 } },
    { 'a b': 'c', '': 'd', 'l\nm': 'e' },
  ],
]

const writes = connectors.flatMap(({ operations }) => operations.filter((one) => one.kind === 'write'))

test.each(writes.map((one) => [one.name, one] as const))('%s', (_, { payload }) => {
  const whole = Compile(payload)
  const { fits } = payloadCheck(payload)
  for (const value of VALUES) expect([value, fits(value)]).toEqual([value, whole.Check(value)])
})

test('a schema that says more than what its fields hold is checked by the library', () => {
  const few = Type.Record(Type.String(), Type.String(), { maxProperties: 1 })
  expect(payloadCheck(few).fits({ a: 'x' })).toBe(true)
  expect(payloadCheck(few).fits({ a: 'x', b: 'y' })).toBe(false)
  const named = Type.Record(Type.String({ pattern: '^a' }), Type.String())
  expect(payloadCheck(named).fits({ a: 'x', b: 1 })).toBe(Compile(named).Check({ a: 'x', b: 1 }))
})

test('a bag of fields is checked without a list of its entries, whatever hints its schema has for the editor', () => {
  const bags = writes.filter(({ payload }) => 'patternProperties' in payload)
  expect(bags.length).toBeGreaterThan(0)
  for (const { payload } of bags) {
    const { fits } = payloadCheck(payload)
    const entries = vi.spyOn(Object, 'entries')
    expect(fits({ '3': 'a@b.c' })).toBe(true)
    expect(entries).not.toHaveBeenCalled()
    entries.mockRestore()
  }
})
