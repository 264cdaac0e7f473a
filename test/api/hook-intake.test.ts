import { expect, test } from 'vitest'
import { readDelivery } from '../../server/api/hook/hook-event.ts'
import { networkOf } from '../../server/api/hook/hook-rate.ts'

test('of the headers of an event those are kept that say what it is, and none that proves who sent it', () => {
  const secret = [
    ...['authorization', 'cookie', 'proxy-authorization', 'webhook-signature', 'x-my-own-header', 'x-tieline-token'],
    ...[
      'x-hub-signature',
      'x-hub-signature-256',
      'x-shopify-hmac-sha256',
      'x-slack-signature',
      'x-api-key',
      'x-apikey-2',
    ],
    ...['x-auth', 'x-authorization-2', 'x-password', 'x-secret-1', 'x-jwt-assertion', 'x-session-id', 'x-client-cert'],
    ...['x-forwarded-for', 'x-forwarded-client-cert', 'x-real-ip', 'x-credentials', 'x-amz-content-digest'],
  ]
  const shown = ['user-agent', 'webhook-id', 'webhook-timestamp', 'x-shopify-topic', 'x-github-event', 'x-event-type']
  const headers = Object.fromEntries([...secret, ...shown].map((name) => [name, `of ${name}`]))
  const [event] = readDelivery({
    settings: { record: 'delivery', header: 'X-My-Own-Header' },
    headers,
    body: Buffer.from('{"order":1}'),
    at: '2026-11-28T09:00:00Z',
  })
  const kept = JSON.parse(event!.text) as { headers: object }
  expect(Object.keys(kept.headers).sort()).toEqual(shown.sort())
})

test.each([
  ['203.0.113.9', '203.0.113.9'],
  ['::ffff:203.0.113.9', '203.0.113.9'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:0DB8:0001:0002::9', '2001:db8:1:2'],
  ['2001:db8::9', '2001:db8:0:0'],
  ['2001:db8:1::', '2001:db8:1:0'],
  ['::1', '0:0:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  ['64:ff9b::192.0.2.1', '64:ff9b:0:0'],
])('strangers at %s are counted with all of %s', (address, network) => {
  expect(networkOf(address)).toBe(network)
})
