import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { refuseWeak } from '../../server/api/people/passwords.ts'

const LIST = 'node_modules/@zxcvbn-ts/language-common/src/passwords.json'
const listed: readonly string[] = JSON.parse(readFileSync(new URL(`../../${LIST}`, import.meta.url), 'utf8'))
const person = { email: 'ada.moss@nordwind.example', name: 'Ada Moss' }
const isTaken = (password: string): boolean => {
  try {
    refuseWeak(password, person)
    return true
  } catch (refusal) {
    expect(refusal).toMatchObject({ code: 'PASSWORD_WEAK' })
    return false
  }
}
/** So many, as far apart as they can be: the first, the last, and those between. */
const spread = (all: readonly string[], count: number) =>
  Array.from({ length: count }, (_, index) => all[Math.floor((index * (all.length - 1)) / (count - 1))]!)

test('the list is long', () => expect(listed.length).toBeGreaterThan(10_000))

test('fifty long passwords from all over the list are refused, in any case of their letters', () => {
  const long = listed.filter((entry) => entry.length >= 12)
  for (const entry of spread(long, 50)) {
    expect([entry, isTaken(entry), isTaken(entry.toUpperCase())]).toEqual([entry, false, false])
  }
})

test('fifty shorter ones are refused with digits and signs hung on, and when they are repeated', () => {
  const short = listed.filter((entry) => entry.length >= 6 && entry.length <= 8)
  for (const entry of spread(short, 50)) {
    const hung = entry.padEnd(12, '2026!?')
    expect([hung, isTaken(hung), isTaken(entry + entry + entry)]).toEqual([hung, false, false])
  }
})

test.each([
  'a heron under nine grey umbrellas',
  'dragon umbrella monkey teacup',
  'Wq7!vR2#kT9z',
  'dragon","monkey',
  'zwölf Büchsen für Anna',
  '密码密码是一个很长的句子吗不是',
  'x'.repeat(3) + 'kettle of seven fishes'.repeat(20),
])('%s is taken', (password) => expect(isTaken(password)).toBe(true))
