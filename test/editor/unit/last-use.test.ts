import { expect, test } from 'vitest'
import { isUnused, sayLastUse } from '../../../editor/connection/last-use.ts'

const now = new Date('2026-11-28T10:00:00Z')

test.each([
  [null, 'never'],
  ['2026-11-28', 'today'],
  ['2026-11-29', 'today'], // the clock of this computer is behind
  ['2026-11-27', 'yesterday'],
  ['2026-11-25', '3 days ago'],
  ['2026-09-18', '71 days ago'],
])('used on %s: %s', (usedOn, words) => expect(sayLastUse(usedOn, now)).toBe(words))

test.each([
  ['2026-09-30', '2026-01-01T00:00:00Z', false],
  ['2026-09-29', '2026-01-01T00:00:00Z', true],
  [null, '2026-11-01T00:00:00Z', false],
  [null, '2026-09-29T23:00:00Z', true],
])('used on %s, made at %s: asked about is %s', (usedOn, createdAt, asked) =>
  expect(isUnused({ usedOn, createdAt }, now)).toBe(asked),
)
