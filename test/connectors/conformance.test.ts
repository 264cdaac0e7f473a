import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { emarsys } from '../../connectors/emarsys/index.ts'
import type { EmarsysSandbox } from '../../connectors/emarsys/sandbox/server.ts'
import { connectors } from '../../connectors/index.ts'
import type { Context, Cursor, DataRecord, Operation, Outcome, Page } from '../../connectors/kit/connector.ts'
import { StepError } from '../../connectors/kit/errors.ts'
import type { XeroSandbox } from '../../connectors/xero/sandbox/server.ts'
import { buildCatalog } from '../../server/catalog.ts'
import { LookupSettings, WriteSettings } from '../../server/flow/catalog/native.ts'
import { openEmarsys, settingsOf } from './support/accounts.ts'
import {
  type Box,
  bigcommerceBox,
  chatBox,
  csvBox,
  emailBox,
  emarsysBox as startEmarsys,
  httpBox,
  xeroBox as startXero,
} from './support/boxes.ts'
import type { Mishap } from './support/faulty.ts'
import type { Opened } from './support/open.ts'
import { collect, rejection } from './support/remote.ts'
import { SAMPLES } from './support/samples.ts'

let xeroBox: XeroSandbox
let emarsysBox: EmarsysSandbox
const boxes: { [connector: string]: Box } = {}
const numbers: { [name: string]: string } = {}
const opened: Opened[] = []
/** Every message that any test provoked, to be searched for secrets at the end. */
const messages: string[] = []

beforeAll(async () => {
  const [xero, emarsys, bigcommerce, csv, chat, mail, http] = await Promise.all([
    startXero(),
    startEmarsys(),
    bigcommerceBox(),
    csvBox(),
    chatBox(),
    emailBox(),
    httpBox(),
  ])
  Object.assign(boxes, { xero, emarsys, bigcommerce, csv, chat, email: mail, http })
  xeroBox = xero.sandbox
  emarsysBox = emarsys.sandbox
  for (const [name, id] of [
    ['ada', 'C-1'],
    ['ben', 'C-2'],
  ] as const) {
    const contact = emarsysBox.plantContact({ '3': `${name}@example.com`, '1': name, '9001': id, '31': '1' })
    emarsysBox.plantDelivery({ campaign: 8811, contact, opened: true })
  }
  const make = async (path: string, json: unknown): Promise<string> => {
    const { http } = open('emarsys').context({})
    const answer = await http.send({ method: 'POST', url: `${emarsysBox.url}/api/v3${path}`, json })
    return String(JSON.parse(answer.text).data.id)
  }
  numbers.GROUP = xeroBox.state.books.groups[0]!.id
  numbers.LIST = await make('/contactlist', { key_id: '3', name: 'Debtors', description: '', external_ids: [] })
  const external_ids = ['ada@example.com', 'ben@example.com']
  numbers.MEMBERS = await make('/contactlist', { key_id: '3', name: 'Members', external_ids })
  numbers.EVENT = await make('/event', { name: 'conformance_event' })
})
afterEach(() => {
  for (const box of Object.values(boxes)) box.calm()
})
afterAll(async () => {
  for (const each of opened) await each.close()
  for (const box of Object.values(boxes)) await box.close()
})

function boxOf(connector: string): Box {
  const box = boxes[connector]
  if (!box) throw new Error(`nothing stands in for ${connector}: start it in beforeAll`)
  return box
}

function open(connector: string): Opened {
  const made = boxOf(connector).open()
  opened.push(made)
  return made
}

const all = connectors.flatMap((connector) =>
  connector.operations
    // Triggers are told and call nobody; test/api/hooks.test.ts is about them.
    .filter(({ kind }) => kind !== 'trigger')
    .map((operation) => [`${connector.name}.${operation.name}`, connector.name, operation] as const),
)

function settings(id: string, operation: Operation) {
  const set = Object.entries(SAMPLES[id]?.set ?? {}).map(([name, value]) => [name, numbers[String(value)] ?? value])
  return settingsOf(operation, Object.fromEntries(set))
}

function items(
  operation: Operation & { kind: 'write' },
  chosen: { readonly [name: string]: unknown },
  payloads: readonly DataRecord[],
) {
  return payloads.map((payload) => {
    const value = operation.prepare(chosen, payload)
    return { key: operation.key(chosen, value), value }
  })
}

const more = () => ({ emarsys: emarsysBox, numbers })

function payloadsOf(id: string): readonly DataRecord[] {
  const { payloads = [] } = SAMPLES[id] ?? {}
  return typeof payloads === 'function' ? payloads(xeroBox, more()) : payloads
}

/** Whether the remote of an operation has permissions that can be named. */
const named = (connector: string) =>
  all.some(([, other, operation]) => other === connector && operation.permissions.length > 0)

/** Uses the operation once, as the engine would. */
async function use(
  id: string,
  operation: Operation,
  at: Opened,
  signal?: AbortSignal,
  payloads = payloadsOf(id),
): Promise<unknown> {
  const chosen = settings(id, operation)
  const context = at.context(chosen, signal) as Context<never>
  const sample = SAMPLES[id]!
  if (operation.kind === 'read') return collect(operation.read(context, undefined))
  if (operation.kind === 'lookup') return operation.find(context, sample.keys?.(xeroBox, more()) ?? [])
  if (operation.kind === 'trigger') return undefined // told, not asked
  return operation.write(context, items(operation, chosen, payloads), { id: 'call-1' })
}

async function failure(id: string, connector: string, operation: Operation): Promise<StepError> {
  const error = await rejection(use(id, operation, open(connector)))
  expect(error).toBeInstanceOf(StepError)
  // Just checked.
  const step = error as StepError
  messages.push(step.message, step.remote ?? '')
  return step
}

/** Makes the next calls of an operation go wrong. */
const arm = (id: string, connector: string, mishap: Mishap, times = 1) => boxOf(connector).arm(mishap, times, id)

test('every operation has a sample, and every sample an operation', () => {
  expect(Object.keys(SAMPLES).sort()).toEqual(all.map(([id]) => id).sort())
})

test('the catalog holds every operation once, with the settings of its kind', () => {
  const catalog = buildCatalog()
  for (const [id, connector, operation] of all) {
    const info = catalog.get(id)!
    expect(info).toMatchObject({ id, kind: operation.kind, connector, inputs: ['in'] })
    const properties = info.settings.properties as { [name: string]: { title?: string; default?: unknown } }
    const added =
      operation.kind === 'lookup'
        ? Object.keys(LookupSettings)
        : operation.kind === 'write'
          ? Object.keys(WriteSettings)
          : []
    for (const name of added) expect(properties[name]?.title).toBeTruthy()
    if (operation.kind === 'write') {
      expect(properties.policy?.default).toBe(operation.policies.length > 1 ? operation.policies[0] : undefined)
      expect(info.effect).toBe(operation.effect)
    }
    expect(JSON.parse(JSON.stringify(info))).toEqual(JSON.parse(JSON.stringify({ ...info })))
  }
  expect(catalog.get('xero.list-invoices')?.ports).toEqual(['out', 'done', 'rejected'])
  expect(catalog.get('xero.get-contacts')?.ports).toEqual(['out', 'unmatched', 'rejected'])
  expect(catalog.get('emarsys.send-sales')?.ports).toEqual(['out', 'rejected'])
})

describe.each(all)('%s', (id, connector, operation) => {
  test('has a proper name, a title and a summary, and names the permissions it needs', () => {
    expect(operation.name).toMatch(/^[a-z]+(-[a-z]+)*$/)
    expect(all.filter(([other]) => other === id)).toHaveLength(1)
    expect(operation.title.length).toBeGreaterThan(3)
    expect(operation.summary).toMatch(/\.$/)
    expect(operation.permissions.length > 0).toBe(named(connector))
  })

  test('has a title on every setting, a default on every optional one, and none that its kind claims', () => {
    const { properties } = operation.settings
    const required: readonly string[] = operation.settings.required ?? []
    for (const [name, schema] of Object.entries(properties)) {
      const { title, default: preset } = schema as { title?: string; default?: unknown }
      expect(title, name).toBeTruthy()
      if (!required.includes(name)) expect(preset, name).toBeDefined()
      if (preset !== undefined) expect(JSON.parse(JSON.stringify(preset)), name).toEqual(preset)
      expect([...Object.keys(LookupSettings), ...Object.keys(WriteSettings), 'policy']).not.toContain(name)
    }
  })

  test('takes choices only from lists that its connector has', () => {
    const known = connectors.find(({ name }) => name === connector)?.options ?? []
    const asked = [...JSON.stringify(operation.settings).matchAll(/"x-options":"([^"]*)"/g)].map(([, name]) => name)
    expect(asked.filter((name) => !known.some((source) => source.name === name))).toEqual([])
  })

  test('does its work, and shows none of its secrets', async () => {
    const at = open(connector)
    const result = await use(id, operation, at)
    if (operation.kind === 'write') {
      expect((result as Outcome[]).map((outcome) => outcome.status)).toEqual(payloadsOf(id).map(() => 'confirmed'))
    } else if (operation.kind === 'lookup') {
      expect([...(result as Map<string, unknown>).keys()]).toEqual(SAMPLES[id]?.keys?.(xeroBox, more()))
    } else expect((result as Page[]).flatMap((page) => page.records).length).toBeGreaterThan(0)
    messages.push(...at.exchanges.map((exchange) => JSON.stringify(exchange)))
  })

  test('makes exactly one call per find or write, or as many as it says', async () => {
    if (operation.kind === 'read') return
    const at = open(connector)
    await use(id, operation, at)
    expect(at.exchanges).toHaveLength((operation.kind === 'lookup' && operation.calls) || 1)
  })

  test('gets a new token once when the old one is refused, and pauses when that does not help', async () => {
    if (boxOf(connector).renews && id !== 'emarsys.send-sales') {
      arm(id, connector, 'login')
      const at = open(connector)
      await use(id, operation, at)
      expect(at.logins()).toBe(2)
    }
    arm(id, connector, 'login', 2)
    expect(await failure(id, connector, operation)).toMatchObject({
      code: 'LOGIN_REFUSED',
      reaction: 'pause',
      dialled: 'no',
    })
  })

  test('pauses when the remote forbids it', async () => {
    arm(id, connector, 'permission', 9)
    expect((await failure(id, connector, operation)).reaction).toBe('pause')
  })

  test('waits as long as the remote asks when a limit is used up', async () => {
    arm(id, connector, 'limit')
    const error = await failure(id, connector, operation)
    expect(error).toMatchObject({ code: 'RATE_LIMITED', reaction: 'retry', dialled: 'no' })
    expect(error.retryAfterMs).toBeGreaterThan(0)
  })

  test.each(['down', 'reset', 'reset-after'] as const)(
    'does not know what became of a call that ended in “%s”',
    async (mishap) => {
      arm(id, connector, mishap)
      const error = await failure(id, connector, operation)
      expect(error).toMatchObject({ reaction: 'retry', dialled: 'maybe' })
      if (operation.kind === 'write') expect(['upsert', 'keyed', 'unsafe']).toContain(operation.effect)
    },
  )

  test.each(['html', 'malformed'] as const)('takes an answer that is %s for no answer', async (mishap) => {
    arm(id, connector, mishap)
    const { unreadable } = SAMPLES[id] ?? {}
    if (unreadable) {
      const outcomes = (await use(id, operation, open(connector))) as Outcome[]
      expect(outcomes.map((outcome) => outcome.status)).toEqual(payloadsOf(id).map(() => unreadable))
    } else expect(await failure(id, connector, operation)).toMatchObject({ code: 'REPLY_UNREADABLE', reaction: 'fail' })
  })

  test('ends with the reason of whoever stops it', async () => {
    arm(id, connector, 'slow', 9)
    const stop = new AbortController()
    const reason = new Error('stopped')
    const used = rejection(use(id, operation, open(connector), stop.signal))
    setImmediate(() => stop.abort(reason))
    expect(await used).toBe(reason)
  })
})

describe.each(all.filter(([, , operation]) => operation.kind === 'read'))('reading: %s', (id, connector, operation) => {
  if (operation.kind !== 'read') return
  const read = async (from?: Cursor) =>
    collect(operation.read(open(connector).context(settings(id, operation)) as Context<never>, from))

  test('goes on from any cursor, after a journey through JSON', async () => {
    const pages = await read()
    const text = (record: DataRecord) => JSON.stringify(record)
    const whole = new Set(pages.flatMap((page) => page.records.map(text)))
    for (const [at, page] of pages.entries()) {
      const rest = await read(JSON.parse(JSON.stringify(page.cursor)))
      const before = pages.slice(0, at + 1).flatMap((earlier) => earlier.records)
      expect(new Set([...before, ...rest.flatMap((later) => later.records)].map(text))).toEqual(whole)
    }
  })

  test('names each record, its version and its time, if it reads changes only', async () => {
    if (!operation.incremental || operation.exact) return expect(operation.identify).toBeUndefined()
    const records = (await read()).flatMap((page) => page.records)
    const names = records.map((record) => operation.identify?.(record))
    expect(new Set(names.map((name) => name?.id)).size).toBe(records.length)
    for (const name of names) {
      expect(name?.version).toBeTruthy()
      expect(new Date(name?.at ?? '').toISOString()).toBe(name?.at)
    }
  })
})

describe.each(all.filter(([, , operation]) => operation.kind === 'write' && !operation.whole))(
  'writing: %s',
  (id, connector, operation) => {
    test('what it sent it can find again, if it can look for it at all', async () => {
      if (operation.kind !== 'write' || !operation.probe) return
      const at = open(connector)
      const chosen = settings(id, operation)
      const context = at.context(chosen) as Context<never>
      const sent = items(operation, chosen, payloadsOf(id))
      await operation.write(context, sent, { id: 'call-2' })
      expect(await operation.probe(context, sent)).toEqual(sent.map(() => 'arrived'))
    })

    test('a refused record is refused alone', async () => {
      const { refused } = SAMPLES[id] ?? {}
      if (operation.kind === 'write' && operation.maxBatch === 1) {
        if (!refused) return
        const [payload] = payloadsOf(id)
        const error = await rejection(use(id, operation, open(connector), undefined, [refused(payload!, xeroBox)]))
        expect(error).toMatchObject({ reaction: 'reject', dialled: 'no' })
        return
      }
      const payloads = payloadsOf(id).map((payload, at) => (at === 1 && refused ? refused(payload, xeroBox) : payload))
      if (!refused) {
        emarsysBox.addFaults([
          {
            kind: 'partial',
            match: { pathPrefix: '/api' },
            keys: ['ben@example.com', 'eve@example.com'],
            code: 2007,
            text: 'Invalid value',
          },
        ])
      }
      const outcomes = (await use(id, operation, open(connector), undefined, payloads)) as Outcome[]
      messages.push(JSON.stringify(outcomes))
      expect(outcomes[1]).toMatchObject({ status: 'rejected', code: 'RECORD_REFUSED' })
      expect(outcomes.filter((_, at) => at !== 1).every((outcome) => outcome.status === 'confirmed')).toBe(true)
    })
  },
)

test('no message, outcome or trace shows a secret', () => {
  expect(messages.length).toBeGreaterThan(100)
  const known = Object.values(boxes).flatMap((box) => box.known)
  const secrets = opened
    .flatMap((each) => [...Object.values(each.secrets), each.tokens()?.access ?? ''])
    .filter((secret) => secret !== '' && !known.includes(secret))
  const shown = messages.join('\n')
  expect(new Set(secrets).size).toBeGreaterThan(3)
  for (const secret of new Set(secrets)) expect(shown).not.toContain(secret)
})

test('every way to sign in to Emarsys reaches the same contacts', async () => {
  const lookup = emarsys.operations.find((operation) => operation.name === 'get-contacts')
  if (lookup?.kind !== 'lookup') throw new Error('no look-up')
  for (const login of ['oauth-client', 'wsse']) {
    const at = openEmarsys(emarsysBox, { login })
    opened.push(at)
    const found = await lookup.find(at.context(settingsOf(lookup)) as Context<never>, [
      'ada@example.com',
      'nobody@example.com',
    ])
    expect([...found.keys()]).toEqual(['ada@example.com'])
    expect(at.exchanges[0]?.url).toContain(login === 'wsse' ? '/api/v2/' : '/api/v3/')
  }
})
