import { expect, test } from 'vitest'
import { differences } from '../../../editor/exception/difference.ts'
import { readRecord } from '../../../editor/exception/json-text.ts'

const refused = (text: string): string => {
  const read = readRecord(text)
  return read.ok ? 'read' : `${read.line}: ${read.message}`
}

test('a record that can be read is read', () => {
  expect(readRecord('{ "Total": 12.50, "Lines": [] }')).toEqual({ ok: true, record: { Total: 12.5, Lines: [] } })
})

test.each([
  ['{\n  "a": 1\n  "b": 2\n}', '3: A comma is missing before “"”.'],
  ['{\n  "a": 1,\n}', '2: There is a comma too many before }.'],
  ['{\n  "a": 1', '2: The closing } is missing.'],
  ['{\n  a: 1\n}', '2: A field’s name in double quotes is missing before “a”.'],
  ['{\n  "a" 1\n}', '2: A colon is missing before “1”.'],
  ['{\n  "a": \'x\'\n}', '2: Text stands in straight double quotes: "like this".'],
  ['{\n\n  "a": yes\n}', '3: A value is missing before “yes”: a text in quotes, a number, true, false or null.'],
  ['{\n  "a": "x\n}', '2: The closing double quote of a text is missing.'],
  ['{\n  "a": "C:\\x"\n}', '2: After a backslash only " \\ / b f n r t or u with four digits may follow.'],
  ['{ "a": 01 }', '1: A value is missing before “01”: a text in quotes, a number, true, false or null.'],
  ['{}\n{}', '2: Nothing may follow the end of the record, but “{” does.'],
  ['[]', '1: A record begins with { and ends with }.'],
])('what cannot be read is named with its line: %j', (text, words) => {
  expect(refused(text)).toBe(words)
})

test('what JSON.parse refuses is never read, and has a line that exists', () => {
  const good = '{"a":[1,{"b":"x\\n"},null],"c":-1.5e3}'
  for (let at = 0; at < good.length; at++) {
    for (const wrong of ['', ',', '"', '}', '\n', 'x']) {
      const text = good.slice(0, at) + wrong + good.slice(at + 1)
      const read = readRecord(text)
      if (read.ok) expect(JSON.parse(text)).toEqual(read.record)
      else expect(read.line).toBeLessThanOrEqual(text.split('\n').length)
    }
  }
})

test('the difference names each field that changed, came or went, and nothing else', () => {
  const before = { Total: 1, Contact: { Name: 'A', Mail: null }, Lines: [{ Code: '260' }, { Code: '261' }] }
  const after = { Total: 1, Contact: { Name: 'B' }, Lines: [{ Code: '200' }, { Code: '261' }, { Code: '9' }] }
  expect(differences(before, after)).toEqual([
    { place: 'Contact › Name', kind: 'changed', before: 'A', after: 'B' },
    { place: 'Contact › Mail', kind: 'removed', before: null, after: undefined },
    { place: 'Lines › 1 › Code', kind: 'changed', before: '260', after: '200' },
    { place: 'Lines › 3', kind: 'added', before: undefined, after: { Code: '9' } },
  ])
  expect(differences(before, structuredClone(before))).toEqual([])
})

test('a list that becomes an object is one change, not many', () => {
  expect(differences({ a: [1] }, { a: { 0: 1 } })).toEqual([
    { place: 'a', kind: 'changed', before: [1], after: { 0: 1 } },
  ])
})
