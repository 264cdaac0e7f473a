import { createServer } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { StepError } from '../../connectors/kit/errors.ts'
import { createBudget } from '../../server/connect/budget.ts'
import { checkedUrl, createEgressAgent, dialTcp, isPublicAddress, type Lookup } from '../../server/connect/egress.ts'
import { createHttp } from '../../server/connect/http.ts'
import { rejection } from '../connectors/support/remote.ts'

const NONE: ReadonlySet<string> = new Set()

/** A listener that must never hear anything. */
let connections = 0
const listener = createServer((socket) => {
  connections += 1
  socket.destroy()
})
let port = 0
beforeAll(async () => {
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const address = listener.address()
  port = typeof address === 'object' && address ? address.port : 0
})
afterAll(() => new Promise((resolve) => listener.close(resolve)))

async function attempt(url: string, lookup?: Lookup, allow = NONE): Promise<unknown> {
  const agent = createEgressAgent({ allow, connectMs: 500, ...(lookup ? { lookup } : {}) })
  // Every host is the connection's own here: only the guard stands in the way.
  let hosts: string[] = []
  try {
    const { hostname, port, protocol } = new URL(url)
    hosts = [`${hostname}:${port || (protocol === 'https:' ? '443' : '80')}`]
  } catch {}
  const budget = createBudget({ concurrent: 1, perMinute: 1000 })
  const http = createHttp({ agent, hosts, allow, budget, signal: new AbortController().signal })
  try {
    return await rejection(http.send({ method: 'GET', url }))
  } finally {
    await agent.destroy()
  }
}

const HOSTILE = [
  '127.0.0.1',
  '127.1',
  '0177.0.0.1',
  '0x7f.1',
  '2130706433',
  '１２７.0.0.1',
  '0.0.0.0',
  '0',
  '10.0.0.1',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.0.1',
  '169.254.169.254',
  '100.64.0.1',
  '192.0.0.192',
  '198.18.0.1',
  '192.0.2.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '[::1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[::ffff:a9fe:a9fe]',
  '[::c0a8:101]',
  '[::127.0.0.1]',
  '[64:ff9b::7f00:1]',
  '[64:ff9b:1::7f00:1]',
  '[2002:7f00:1::]',
  '[2001:0:4136:e378:8000:63bf:3fff:fdd2]',
  '[fd00:ec2::254]',
  '[fc00::1]',
  '[fe80::1]',
  '[fec0::1]',
  '[ff02::1]',
  '[2001:db8::1]',
  '[3fff::1]',
  '[100::1]',
  '[5f00::1]',
]

test.each(HOSTILE)('dials nothing for %s, neither by http nor by https', async (host) => {
  for (const scheme of ['http', 'https']) {
    expect(await attempt(`${scheme}://${host}:${port}/`)).toMatchObject({ code: 'EGRESS_BLOCKED', dialled: 'no' })
  }
  // Mail and file transfer have no URL that spells it in one way: what the resolver makes of it counts.
  const bare = host.replace(/[[\]]/g, '')
  expect(await rejection(dialTcp(bare, port, { allow: NONE, connectMs: 500 }))).toMatchObject({
    code: expect.stringMatching(/^(EGRESS_BLOCKED|CONNECTION_LOST|TIMED_OUT)$/),
    dialled: 'no',
  })
  expect(connections).toBe(0)
})

/** First and last addresses of what is not the public internet, and other spellings of some. */
const MORE_HOSTILE = [
  ...['0.255.255.255', '10.255.255.255', '100.127.255.255', '127.255.255.254', '169.254.0.1', '169.254.255.255'],
  ...['172.17.0.1', '172.20.10.2', '192.0.0.1', '192.0.0.255', '192.0.2.255', '192.88.99.1', '192.168.255.255'],
  ...['198.18.0.0', '198.19.255.255', '198.51.100.1', '203.0.113.1', '224.0.0.251', '239.255.255.250', '255.0.0.1'],
  ...['127.0.1', '127.0.0.01', '0x7f000001', '017700000001', '0x7f.0.0.1', '0177.1', '127.0.0.0x1', '2852039166'],
  ...['0xa9fea9fe', '0251.0376.0251.0376', '169.16689662', '10.1', '0xa.1', '012.1', '167772161', '3232235521'],
  ...['0xC0A80001', '192.168.1', '0300.0250.1', '1', '255', '0x0', '00', '１０.１'],
  ...[
    '127。0。0。1',
    '①２７.0.0.1',
    '127．0．0．1',
    '0X7F.0x0.0x0.0x1',
    '4294967295',
    '3405803777',
    '0xffffffff',
    '%31%32%37.0.0.1',
    '127.0.0.1.',
    '0.0.0.1',
  ],
  ...['[::2]', '[0:0:0:0:0:0:0:1]', '[::ffff:0:0]', '[::ffff:10.0.0.1]', '[::ffff:169.254.169.254]', '[::a9fe:a9fe]'],
  ...['[::ffff:0:127.0.0.1]', '[64:ff9b::10.0.0.1]', '[64:ff9b:1:ffff::1]', '[2002:a00:1::1]', '[2002:c0a8:1::]'],
  ...['[2001::1]', '[2001:0:7f00:1::]', '[2001:10::1]', '[2001:20::1]', '[2001:db8:ffff::]', '[fc00::]', '[fdff::1]'],
  ...[
    '[fe80::a9fe:a9fe]',
    '[febf::1]',
    '[feff::1]',
    '[ff00::]',
    '[ff0e::1]',
    '[100::ffff]',
    '[200::1]',
    '[400::1]',
    '[1000::1]',
    '[c000::1]',
    '[4000::1]',
    '[8000::1]',
  ],
]

test('and for none of their neighbours and spellings', async () => {
  expect(new Set([...HOSTILE, ...MORE_HOSTILE]).size).toBeGreaterThanOrEqual(120)
  const passed = []
  for (const host of MORE_HOSTILE) {
    const error = await attempt(`https://${host}:${port}/`)
    if (!(error instanceof StepError) || error.code !== 'EGRESS_BLOCKED') passed.push(host)
  }
  expect(passed).toEqual([])
  expect(connections).toBe(0)
})

test.each([
  'https://user:pw@api.xero.com/',
  'file:///etc/passwd',
  'data:text/plain,x',
  'gopher://127.0.0.1/',
  'ws://127.0.0.1/',
  'not a url',
  'https://',
  'http://api.xero.com/',
])('refuses the address %s', (address) => {
  expect(() => checkedUrl(address, NONE)).toThrow(StepError)
})

test('judges the host that is dialled, whatever the spelling around it', () => {
  for (const address of [
    'https://api.xero.com\\@127.0.0.1/',
    'https://api.xero.com#@127.0.0.1/',
    'https://api.\txero.com/',
  ]) {
    expect(checkedUrl(address, NONE).hostname).toBe('api.xero.com')
  }
})

test('whoever asks for an address and whoever dials it read it alike', async () => {
  const [ours, theirs] = ['api.xero.com', '127.0.0.1']
  const between = [
    '\\',
    '/',
    '#',
    '?',
    '@',
    '#@',
    '\\@',
    '/@',
    '?@',
    ';@',
    '%40',
    '%2f',
    ':80#@',
    '\t',
    '\n@',
    ' ',
    '..',
    '%00',
  ]
  const around = [(text: string) => text, (text: string) => `${text}/`, (text: string) => text.toUpperCase()]
  const schemes = ['https://', 'https:', 'https:\\\\', 'https:/', '\thttps://', 'HTTPS:///']
  const texts = schemes.flatMap((scheme) =>
    between.flatMap((sign) =>
      around.flatMap((shape) => [shape(`${scheme}${ours}${sign}${theirs}`), shape(`${scheme}${theirs}${sign}${ours}`)]),
    ),
  )
  expect(texts.length).toBeGreaterThan(200)
  const agentOf = (asked: string[]) =>
    createEgressAgent({
      allow: NONE,
      lookup: async (host) => {
        asked.push(host)
        return []
      },
    })
  let agreed = 0
  for (const text of texts) {
    const asked: string[] = []
    const agent = agentOf(asked)
    try {
      const checked = checkedUrl(text, NONE)
      const http = createHttp({
        agent,
        hosts: [`${checked.hostname}:${checked.port || '443'}`],
        allow: NONE,
        budget: createBudget({ concurrent: 1, perMinute: 1000 }),
        signal: new AbortController().signal,
      })
      await rejection(http.send({ method: 'GET', url: text }))
      expect(asked).toEqual([checked.hostname])
      agreed += 1
    } catch (error) {
      // Refused before anybody was asked.
      expect(error).toMatchObject({ code: 'EGRESS_BLOCKED' })
      expect(asked).toEqual([])
    } finally {
      await agent.destroy()
    }
  }
  expect(agreed).toBeGreaterThan(50)
  expect(connections).toBe(0)
})

test('no IPv4 address hidden in an IPv6 address counts as public', () => {
  const byte = fc.integer({ min: 0, max: 255 })
  const hex = (a: number, b: number) => ((a << 8) | b).toString(16)
  fc.assert(
    fc.property(byte, byte, byte, byte, (a, b, c, d) => {
      const [high, low] = [hex(a, b), hex(c, d)]
      for (const wrapped of [
        `::${high}:${low}`,
        `::ffff:${high}:${low}`,
        `64:ff9b::${high}:${low}`,
        `64:ff9b:1::${high}:${low}`,
        `2002:${high}:${low}::1`,
        `2001:0:${high}:${low}::1`,
      ]) {
        expect(isPublicAddress(wrapped)).toBe(false)
      }
    }),
    { numRuns: 2000 },
  )
  expect(isPublicAddress('fe80::1%eth0')).toBe(false)
})

test.each(['13.107.42.14', '2603:1026::1', '2a00:1450:4001:81b::200e'])('%s is public', (address) => {
  expect(isPublicAddress(address)).toBe(true)
})

test('mail and file transfer dial the judged address too, in a name that is one and to no other pair', async () => {
  const inside: Lookup = async () => ['13.107.42.14', '127.0.0.1']
  const dial = (host: string, to = port, allow = NONE) =>
    rejection(dialTcp(host, to, { allow, connectMs: 500, lookup: inside }))
  for (const host of ['inside.example', 'a b', '127.0.0.1\0', '[::1]', 'x@127.0.0.1', '127.0.0.1/', '']) {
    expect(await dial(host)).toMatchObject({ code: 'EGRESS_BLOCKED', dialled: 'no' })
  }
  // What is no name is not even asked for: a resolver may read it in a way of its own.
  const asked: string[] = []
  const outside: Lookup = async (host) => {
    asked.push(host)
    return ['127.0.0.1']
  }
  for (const host of ['a b', '127.0.0.1\0', '[::1]', 'x@127.0.0.1', '127.0.0.1/', '', '-a', 'fe80::1%eth0 ']) {
    const error = await rejection(dialTcp(host, port, { allow: NONE, connectMs: 500, lookup: outside }))
    expect(error).toMatchObject({ code: 'EGRESS_BLOCKED', message: expect.stringContaining('not a host name') })
  }
  expect(asked).toEqual([])
  expect(await dial('127.0.0.1', port + 1, new Set([`127.0.0.1:${port}`]))).toMatchObject({ code: 'EGRESS_BLOCKED' })
  expect(connections).toBe(0)
})

test('a name that leads inside is refused, also when only one of its addresses does', async () => {
  const answers: readonly string[][] = [['127.0.0.1'], ['13.107.42.14', '10.0.0.1'], ['::1'], ['::ffff:127.0.0.1']]
  for (const addresses of answers) {
    const error = await attempt(`https://inside.example:${port}/`, async () => addresses)
    expect(error).toMatchObject({ code: 'EGRESS_BLOCKED', dialled: 'no' })
    // Whoever typed the name does not learn by it what there is inside.
    for (const address of addresses) expect(String(error)).not.toContain(address)
  }
  expect(connections).toBe(0)
})

test('dials the address that was judged: a name that changes its mind is not asked again', async () => {
  let asked = 0
  const flip: Lookup = async () => (++asked === 1 ? ['13.107.42.14'] : ['127.0.0.1'])
  const error = await attempt(`https://flip.example:${port}/`, flip)
  expect(error).toMatchObject({ dialled: 'no' })
  expect(asked).toBe(1)
  expect(connections).toBe(0)
  // The name itself leads nowhere. Only the address that was judged is heard at, here by a pair that may be private.
  const judged: Lookup = async () => ['127.0.0.1']
  const pair = new Set([`judged.invalid:${port}`])
  expect(await attempt(`https://judged.invalid:${port}/`, judged, pair)).toMatchObject({ code: 'CONNECTION_LOST' })
  expect(connections).toBe(1)
  connections = 0
})

test('is judged anew at each connection, and names of this machine lead nowhere', async () => {
  let asked = 0
  // Judged to be public, and found to lead nowhere; then it leads inside.
  const agent = createEgressAgent({ allow: NONE, lookup: async () => (++asked === 1 ? [] : ['127.0.0.1']) })
  const http = createHttp({
    agent,
    hosts: [`flip.example:${port}`],
    allow: NONE,
    budget: createBudget({ concurrent: 1, perMinute: 10_000 }),
    signal: new AbortController().signal,
  })
  const send = () => rejection(http.send({ method: 'GET', url: `https://flip.example:${port}/` }))
  expect(await send()).toMatchObject({ code: 'CONNECTION_LOST', dialled: 'no' })
  for (let time = 0; time < 1000; time++) expect(await send()).toMatchObject({ code: 'EGRESS_BLOCKED' })
  await agent.destroy()
  expect(asked).toBe(1001)
  for (const name of ['localhost', 'localhost.']) {
    // With a dot at its end not every resolver knows it.
    const error = await attempt(`https://${name}:${port}/`)
    expect(error).toMatchObject({ code: expect.stringMatching(/EGRESS_BLOCKED|CONNECTION_LOST/), dialled: 'no' })
  }
  expect(connections).toBe(0)
})

test('an exact pair on the allow list may be private and plain, the port beside it may not', async () => {
  const allow = new Set([`127.0.0.1:${port}`])
  expect(await attempt(`http://127.0.0.1:${port}/`, undefined, allow)).toMatchObject({
    code: 'CONNECTION_LOST',
    dialled: 'maybe',
  })
  expect(connections).toBe(1)
  expect(await attempt(`http://127.0.0.1:${port + 1}/`, undefined, allow)).toMatchObject({ code: 'EGRESS_BLOCKED' })
  expect(await attempt(`http://localhost:${port}/`, undefined, allow)).toMatchObject({ code: 'EGRESS_BLOCKED' })
})

test('a host name nobody knows was not dialled', async () => {
  const error = await attempt('https://nowhere.invalid/', async () => {
    throw new Error('ENOTFOUND')
  })
  expect(error).toMatchObject({ code: 'CONNECTION_LOST', dialled: 'no' })
})

test('a name server that never answers is not waited for', async () => {
  expect(await attempt('https://slow.example/', () => new Promise(() => {}))).toMatchObject({
    code: 'TIMED_OUT',
    dialled: 'no',
  })
})
