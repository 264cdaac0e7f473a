import { expect, test } from 'vitest'
import { oauthClient, wsse } from '../../connectors/emarsys/client/connection.ts'
import { sunsetFinding } from '../../server/connect/sunset.ts'

test.each([
  ['2026-11-27T23:00:00Z', true, '35 days are left'],
  ['2026-12-30T23:59:59Z', true, '2 days are left'],
  ['2026-12-31T23:59:59Z', true, 'today is its last day'],
  ['2027-01-01T00:00:00Z', false, 'ended on 2026-12-31'],
])('at %s the test says of WSSE: %s, %s', (now, ok, words) => {
  const finding = sunsetFinding(wsse, Date.parse(now))
  expect(finding).toMatchObject({ ok, detail: expect.stringContaining(words) })
  expect(finding?.detail).toContain('OAuth 2.0')
  expect(finding?.warning).toBe(ok ? true : undefined)
})

test('a way to sign in that stays says nothing', () => {
  expect(sunsetFinding(oauthClient, Date.now())).toBeUndefined()
})
