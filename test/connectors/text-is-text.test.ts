import { Value } from 'typebox/value'
import { expect, test } from 'vitest'
import { connectors } from '../../connectors/index.ts'

type Schema = {
  readonly properties?: { readonly [name: string]: Schema }
  readonly patternProperties?: { readonly [pattern: string]: Schema }
  readonly items?: Schema
}
const TEXTS = ['x', '1', 'a@b.example', '2026-01-01', '00000000-0000-4000-8000-000000000000']
const FOREIGN: readonly unknown[] = [{ path: '/etc/passwd' }, [{ path: '/etc/passwd' }], { toString: 'x' }]

/** Every field of a payload, with its place. */
function* fieldsOf(schema: Schema, place: string): Generator<{ readonly place: string; readonly field: Schema }> {
  const named = { ...schema.properties, ...schema.patternProperties, ...(schema.items ? { '[]': schema.items } : {}) }
  for (const [name, field] of Object.entries(named)) {
    yield { place: `${place}.${name}`, field }
    yield* fieldsOf(field, `${place}.${name}`)
  }
}

test('no field of any write takes an object where it takes a text, but where JSON or a cell is made of it', () => {
  let texts = 0
  const loose: string[] = []
  for (const { name, operations } of connectors) {
    for (const operation of operations) {
      if (operation.kind !== 'write') continue
      for (const { place, field } of fieldsOf(operation.payload as Schema, `${name} ${operation.name}`)) {
        const takes = (value: unknown) => Value.Check(field as never, value)
        if (!TEXTS.some(takes)) continue
        texts += 1
        if (FOREIGN.some(takes)) loose.push(place)
      }
    }
  }
  expect(texts).toBeGreaterThan(50)
  // Content, never a part of an address: placeholders of a mail, cells of a file, bodies.
  expect(loose).toEqual([
    'emarsys trigger-event.data.^.*$',
    'csv write-file.row.^.*$',
    'http send.body',
    'http put.body',
  ])
})
