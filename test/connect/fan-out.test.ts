import { expect, test } from 'vitest'
import { createFanOut } from '../../server/connect/fan-out.ts'
import { rejection } from '../connectors/support/remote.ts'

const tried = (work: () => void) => rejection((async () => work())())

test('a workspace that tries a thousand addresses in a minute gets to sixty, and the others are told to wait', async () => {
  let now = 0
  const fanOut = createFanOut(() => now)
  let refused = 0
  for (let at = 0; at < 1000; at++) {
    now += 50
    try {
      fanOut.admit('ours', `host-${at}.example:443`)
    } catch {
      refused += 1
    }
  }
  expect(refused).toBe(940)
  expect(await tried(() => fanOut.admit('ours', 'one-more.example:443'))).toMatchObject({
    code: 'RATE_LIMITED',
    dialled: 'no',
    // The first was called at 50 ms.
    retryAfterMs: 60_050 - now,
  })
  // An address it has called goes on being called, and other workspaces do not notice.
  fanOut.admit('ours', 'host-3.example:443')
  fanOut.admit('theirs', 'one-more.example:443')
})

test('after a minute there is room again', () => {
  let now = 0
  const fanOut = createFanOut(() => now, 2)
  fanOut.admit('ours', 'a:443')
  now = 30_000
  fanOut.admit('ours', 'b:443')
  now = 60_000
  fanOut.admit('ours', 'c:443')
  expect(() => fanOut.admit('ours', 'a:443')).toThrow('different addresses')
})
