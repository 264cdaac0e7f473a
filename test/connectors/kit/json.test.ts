import { expect, test } from 'vitest'
import { StepError } from '../../../connectors/kit/errors.ts'
import { parseJson } from '../../../connectors/kit/json.ts'

const nested = (levels: number) => `${'['.repeat(levels)}1${']'.repeat(levels)}`

test('takes 64 levels and refuses the 65th, however the brackets are spread', () => {
  expect(parseJson(nested(64))).toBeDefined()
  expect(() => parseJson(nested(65))).toThrow(/deeper than 64/)
  expect(() => parseJson(nested(100_000))).toThrow(/deeper than 64/)
  expect(() => parseJson(`${'{"a":'.repeat(65)}1${'}'.repeat(65)}`)).toThrow(/deeper than 64/)
})

test('does not count brackets inside strings, whatever their quotes and backslashes', () => {
  const text = JSON.stringify({ a: '['.repeat(100), b: '\\"[['.repeat(50), c: '\\' })
  expect(parseJson(text)).toEqual(JSON.parse(text))
})

test('keeps numbers that a double cannot hold as the text that was sent', () => {
  const text =
    '{"id":9007199254740993,"rate":1.234567890123456789,"big":1e400,"n":24.15,"k":-12.5e3,"z":1.0000000000000000}'
  expect(parseJson(text)).toEqual({
    id: '9007199254740993',
    rate: '1.234567890123456789',
    big: '1e400',
    n: 24.15,
    k: -12500,
    z: 1,
  })
})

test('leaves long digits inside strings alone', () => {
  expect(parseJson('{"phone":"00441234567890123456","n":1}')).toEqual({ phone: '00441234567890123456', n: 1 })
})

test.each([
  '{"__proto__":{"polluted":1}}',
  '{"a":[{"constructor":{"prototype":{}}}]}',
  '{"\\u005f_proto__":1}',
  '{"c\\u006fnstructor":1}',
])('refuses %s', (text) => {
  expect(() => parseJson(text)).toThrow(/__proto__ or constructor/)
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
})

test('lets the same words stand as values', () => {
  expect(parseJson('{"a":"__proto__","b":"constructor","c":"\\u0063"}')).toEqual({
    a: '__proto__',
    b: 'constructor',
    c: 'c',
  })
})

test('shows the beginning of what is no JSON, without mark-up and without secrets', () => {
  const page = `<html><body>Bearer abcdefghijklmnop1234 and eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc {"access_token":"very-secret-value"} ${'x'.repeat(500)}</body></html>`
  let caught: unknown
  try {
    parseJson(page)
  } catch (error) {
    caught = error
  }
  expect(caught).toBeInstanceOf(StepError)
  const { code, message } = caught as StepError
  expect(code).toBe('REPLY_UNREADABLE')
  expect(message.length).toBeLessThan(260)
  for (const secret of ['abcdefghijklmnop1234', 'eyJhbGci', 'very-secret-value', '<html>'])
    expect(message).not.toContain(secret)
})

test('what breaks off in the middle of records is not quoted: messages go into logs and mails', () => {
  const broken = ' {"Contacts":[{"Name":"Nora Nordwind","Ema'
  expect(() => parseJson(broken, 'Xero’s answer')).toThrow(
    `Xero’s answer is not JSON: it begins like it, but its ${broken.length} characters cannot be read`,
  )
  expect(() => parseJson('<h1>Down for maintenance</h1>')).toThrow('Down for maintenance')
})
