import { expect, test } from 'vitest'
import { cellText, columnsOf, holds } from '../../../editor/parts/json-shape.ts'

test('columns are the fields of all records, in the order they first appear', () => {
  expect(columnsOf([{ a: 1 }, { b: 2, a: 3 }], 12)).toEqual({ names: ['a', 'b'], left: 0 })
})

test('more fields than fit are counted, not dropped silently', () => {
  const wide = Object.fromEntries(Array.from({ length: 40 }, (_, place) => [`f${place}`, place]))
  expect(columnsOf([wide], 12)).toMatchObject({ left: 28 })
})

test('records that are no objects have one column', () => {
  expect(columnsOf([1, 'x'], 12)).toEqual({ names: ['value'], left: 0 })
  expect(cellText('x', 'value')).toBe('x')
})

test('a cell shows the beginning of what is large, without writing all of it out', () => {
  let asked = 0
  const large = Object.fromEntries(Array.from({ length: 1000 }, (_, place) => [`f${place}`, 'x'.repeat(100)]))
  const get = (of: object, name: PropertyKey): unknown => {
    asked++
    return Reflect.get(of, name)
  }
  const counted = new Proxy(large, { get })
  expect(cellText({ a: counted }, 'a')).toMatch(/^\{"f0":"x{40,}…$/)
  expect(asked).toBeLessThan(20)
  expect(cellText({ a: 'y'.repeat(5_000_000) }, 'a')).toBe(`${'y'.repeat(300)}…`)
  expect(cellText({ a: { b: 'a "b"', c: [1, null] } }, 'a')).toBe('{"b":"a \\"b\\"","c":[1,null]}')
})

test('a text is found in names and in what stands there, however deep', () => {
  const record = { Contact: { Name: 'Nordwind' }, lines: [{ amount: 12.5 }] }
  expect(['nordWIND', 'amount', '12.5'].map((text) => holds(record, text))).toEqual([true, true, true])
  expect(holds(record, 'Südwind')).toBe(false)
})

test('a cell tells nothing from null, and lists from text', () => {
  expect(cellText({ a: null }, 'a')).toBe('null')
  expect(cellText({}, 'a')).toBe('')
  expect(cellText({ a: [1] }, 'a')).toBe('1 element')
  expect(cellText({ a: 1250.4 }, 'a')).toBe('1250.4')
  expect(cellText({}, 'constructor')).toBe('')
})
