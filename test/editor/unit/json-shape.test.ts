import { expect, test } from 'vitest'
import { cellText, columnsOf } from '../../../editor/parts/json-shape.ts'

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

test('a cell tells nothing from null, and lists from text', () => {
  expect(cellText({ a: null }, 'a')).toBe('null')
  expect(cellText({}, 'a')).toBe('')
  expect(cellText({ a: [1] }, 'a')).toBe('1 element')
  expect(cellText({ a: 1250.4 }, 'a')).toBe('1250.4')
  expect(cellText({}, 'constructor')).toBe('')
})
