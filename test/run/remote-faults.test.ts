import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { StepError } from '../../connectors/kit/errors.ts'
import { HEADERS_MS, TOTAL_MS } from '../../server/connect/http.ts'
import { judge } from '../../server/run/call/judge.ts'
import { contactsFlow, CUSTOMER_ID, mailFlow, purchasesFlow } from '../support/flows.ts'
import { expectedRows, sandboxTotals, totalsOf } from '../support/ledger-oracle.ts'
import { type Scene, setStage } from '../support/scene.ts'

// Each remote misbehaves in every way it is known to; afterwards nothing is lost and nothing is there twice.

const stage = setStage()

const contactIds = ({ xero }: Scene) => xero.state.books.contacts.ordered.map((one) => one.id)
const arrived = ({ emarsys }: Scene) =>
  [...emarsys.contacts.all()].map((one) => emarsys.contacts.value(one, CUSTOMER_ID))
const documents = ({ xero }: Scene) =>
  [...xero.state.books.invoices.ordered, ...xero.state.books.creditNotes.ordered].map((one) => xero.document(one.id)!)
const expectedTotals = (scene: Scene) => totalsOf([...expectedRows(documents(scene)).values()].flat())
const once = (values: readonly unknown[]) => expect(new Set(values).size).toBe(values.length)

/** Every contact of Xero is in Emarsys, once. */
function expectAllContacts(scene: Scene): void {
  expect(arrived(scene).sort()).toEqual(contactIds(scene).sort())
}

/** Another process takes a run up: the one that put it down keeps the connection's budget closed for as long. */
async function wakeElsewhere(scene: Scene, run: string) {
  await scene.workspace.stop()
  await stage.join(scene)
  return scene.workspace.wakeUp(run)
}

/** Once the remote has asked for patience, somebody cancels the run. */
async function cancelledInWait({ workspace, emarsys }: Scene, run: string) {
  await expect.poll(() => emarsys.faults().length, { timeout: 60_000 }).toBe(0)
  const asked = sql`update runs set cancel_requested = true where id = ${run} and state = 'running' returning state`
  expect((await asked.execute(stage.database.owner.db)).rows).toHaveLength(1)
  const ended = await workspace.ended(run)
  expect(ended.state).toBe('cancelled')
  return ended
}

const CONTACTS = '/api.xro/2.0/Contacts'

describe('Xero', () => {
  test('an expired token is renewed once, and the run succeeds', async () => {
    const scene = await stage.open()
    const flow = await scene.workspace.flow(contactsFlow())
    await scene.workspace.run(flow, contactsFlow())
    const tokens = () => scene.xero.requests.byRoute.get('POST /connect/token')
    const before = tokens()!
    scene.xero.expireTokens()
    scene.xero.editContact(contactIds(scene)[0]!, { FirstName: 'Renewed' })
    const run = await scene.workspace.run(flow, contactsFlow())
    expect(run.state).toBe('succeeded')
    expect(tokens()).toBe(before + 1)
  })

  test('a missing scope fails the run and pauses the flow, and both name the scope', async () => {
    const scene = await stage.open()
    const { workspace, xero } = scene
    const narrow = await workspace.connect(
      'xero',
      'custom-connection',
      { identityUrl: xero.url, loginUrl: xero.url, apiUrl: xero.url, scopes: ['accounting.settings.read'] },
      { clientId: xero.clientId, clientSecret: xero.clientSecret },
    )
    const flow = await workspace.flow(contactsFlow(), { xero: narrow })
    const run = await workspace.run(flow, contactsFlow())
    expect(run).toMatchObject({ state: 'failed', code: 'PERMISSION_MISSING' })
    expect(run.reason).toContain('accounting.contacts.read')
    expect(run.reason).toContain('Grant it and connect Xero again')
    expect(await workspace.paused(flow)).toEqual({ paused_code: 'PERMISSION_MISSING', paused_message: run.reason })
    expect(scene.emarsys.contacts.size).toBe(0)
  })

  test('an organisation that is gone pauses the flow; connected again, the next run brings what was missed', async () => {
    const scene = await stage.open()
    const { workspace } = scene
    const flow = await workspace.flow(contactsFlow())
    await workspace.run(flow, contactsFlow())
    const edited = contactIds(scene)[0]!
    scene.xero.editContact(edited, { Name: 'Missed Ltd' })
    scene.xero.addFaults([{ kind: 'forbidden', match: { pathPrefix: CONTACTS } }])
    const run = await workspace.run(flow, contactsFlow())
    expect(run).toMatchObject({ state: 'failed', code: 'TENANT_GONE' })
    expect(run.reason).toContain('Connect it again')
    expect((await workspace.paused(flow)).paused_code).toBe('TENANT_GONE')
    expect(await workspace.run(flow, contactsFlow())).toMatchObject({ state: 'succeeded' })
    expect(scene.emarsys.contacts.lookUp(CUSTOMER_ID, edited)).toMatchObject([{ '18': 'Missed Ltd' }])
  })

  test('a minute limit with a short Retry-After is waited out', async () => {
    const scene = await stage.open()
    const flow = await scene.workspace.flow(contactsFlow())
    scene.xero.addFaults([{ kind: '429-minute', match: { pathPrefix: CONTACTS }, delayMs: 1000 }])
    const run = await scene.workspace.run(flow, contactsFlow())
    expect(run.state).toBe('succeeded')
    expectAllContacts(scene)
    const steps = await scene.workspace.steps(run.id)
    expect(Math.max(...steps.map((step) => step.attempts))).toBe(2)
  })

  test.each([
    ['429-minute', 59_000, 'minute limit'],
    ['429-day', 43_200_000, 'day limit'],
    ['503-offline', undefined, 'offline'],
  ] as const)('%s puts the run down with its reason and the time it goes on', async (kind, delayMs, words) => {
    const scene = await stage.open()
    const { workspace } = scene
    const flow = await workspace.flow(contactsFlow())
    // The second page: what the first one brought has settled.
    scene.xero.addFaults([{ kind: 'slow', match: { pathPrefix: CONTACTS }, delayMs: 1 }])
    scene.xero.addFaults([{ kind, match: { pathPrefix: CONTACTS }, ...(delayMs ? { delayMs } : {}) }])
    const started = Date.now()
    const run = await workspace.run(flow, contactsFlow())
    expect(run).toMatchObject({ state: 'waiting', code: null, attempts: 0 })
    expect(run.reason).toContain(words)
    expect(run.wake_at!.getTime()).toBeGreaterThan(started + 30_000)
    expect(arrived(scene)).toHaveLength(10)
    const woken = await wakeElsewhere(scene, run.id)
    expect(woken).toMatchObject({ state: 'succeeded', reason: null, wake_at: null })
    expectAllContacts(scene)
  })

  test.each(['html-200', 'malformed-json'] as const)(
    '%s is no answer: the run fails, and the next one goes on',
    async (kind) => {
      const scene = await stage.open()
      const flow = await scene.workspace.flow(contactsFlow())
      scene.xero.addFaults([{ kind: 'slow', match: { pathPrefix: CONTACTS }, delayMs: 1 }])
      scene.xero.addFaults([{ kind, match: { pathPrefix: CONTACTS } }])
      const run = await scene.workspace.run(flow, contactsFlow())
      expect(run).toMatchObject({ state: 'failed', code: 'REPLY_UNREADABLE' })
      expect(run.reason).toContain('list contacts')
      expect((await scene.workspace.paused(flow)).paused_code).toBeNull()
      expect(await scene.workspace.run(flow, contactsFlow())).toMatchObject({ state: 'succeeded' })
      expectAllContacts(scene)
    },
  )

  test.each(['reset', 'reset-after', '500-before', '500-after', 'slow', 'drip'] as const)(
    '%s between pages: the read goes on from its cursor, nothing is lost and nothing sent twice',
    async (kind) => {
      const scene = await stage.open()
      const flow = await scene.workspace.flow(contactsFlow(10, { policy: 'every-time' }))
      scene.xero.addFaults([{ kind: 'slow', match: { pathPrefix: CONTACTS }, delayMs: 1 }])
      scene.xero.addFaults([{ kind, match: { pathPrefix: CONTACTS }, delayMs: 10, times: 2 }])
      const run = await scene.workspace.run(flow, contactsFlow(10, { policy: 'every-time' }))
      expect(run).toMatchObject({ state: 'succeeded', counts: { read: 30, sent: 30 } })
      expectAllContacts(scene)
      once(scene.emarsys.ledger.map((entry) => entry.id))
    },
  )

  test('a remote that stays down fails the run after some tries, saying so; the next run goes on from there', {
    timeout: 180_000,
  }, async () => {
    const scene = await stage.open()
    const flow = await scene.workspace.flow(contactsFlow())
    scene.xero.addFaults([{ kind: 'slow', match: { pathPrefix: CONTACTS }, delayMs: 1 }])
    scene.xero.addFaults([{ kind: 'reset', match: { pathPrefix: CONTACTS }, times: 1000 }])
    const run = await scene.workspace.run(flow, contactsFlow())
    expect(run).toMatchObject({ state: 'failed', code: 'CONNECTION_LOST' })
    expect(run.reason).toContain('run the flow again')
    expect(arrived(scene)).toHaveLength(10)
    scene.xero.clearFaults()
    const second = await scene.workspace.run(flow, contactsFlow())
    expect(second).toMatchObject({ state: 'succeeded', counts: { read: 20 } })
    expectAllContacts(scene)
  })
})

test('a remote is tried six times, and given up after 200 s at the most if it says nothing', () => {
  const silence = new StepError('CONNECTION_LOST', 'It says nothing.', { dialled: 'maybe' })
  let waited = 0
  let tries = 1
  for (let verdict = judge(silence, tries); verdict.do === 'retry'; verdict = judge(silence, ++tries)) {
    waited += verdict.afterMs
  }
  expect(judge(silence, tries)).toEqual({ do: 'fail' })
  expect(tries).toBe(6)
  expect(waited + tries * HEADERS_MS).toBeLessThanOrEqual(200_000)
  // Where it answers drop by drop.
  expect(waited + tries * TOTAL_MS).toBeLessThanOrEqual(12.5 * 60_000)
})

describe('Emarsys', () => {
  const PUT = { method: 'PUT', pathPrefix: '/contact' }
  const EVENT = { method: 'POST', pathPrefix: '/event' }
  const SALES = { pathPrefix: '/hapi' }

  test('records refused inside HTTP 200 become exceptions by their keys, and their neighbours arrive', async () => {
    const scene = await stage.open()
    const ids = contactIds(scene)
    const refused = [ids[3]!, ids[7]!, ids[21]!]
    scene.emarsys.addFaults([
      { match: PUT, kind: 'partial', keys: refused, code: 2010, text: 'More contacts found', times: 10 },
    ])
    const flow = await scene.workspace.flow(contactsFlow())
    const run = await scene.workspace.run(flow, contactsFlow())
    expect(run).toMatchObject({ state: 'partly', counts: { sent: 27, exceptions: 3 } })
    expect(run.reason).toContain('3 records')
    expect(arrived(scene).sort()).toEqual(ids.filter((one) => !refused.includes(one)).sort())
    const exceptions = await scene.workspace.exceptions()
    expect(exceptions.map((one) => one.code)).toEqual(['AMBIGUOUS', 'AMBIGUOUS', 'AMBIGUOUS'])
    const names = refused.map((id) => String(scene.xero.document(id)!.Name))
    expect(exceptions.map((one) => one.message).every((message) => message.includes('More contacts found'))).toBe(true)
    expect(new Set(exceptions.map((one) => one.business_key))).toEqual(
      new Set(refused.map((id, at) => String(scene.xero.document(id)!.ContactNumber ?? names[at]))),
    )
  })

  test('a token that was revoked is renewed; a login that stays refused pauses the flow', async () => {
    const scene = await stage.open()
    const { workspace, emarsys } = scene
    const flow = await workspace.flow(contactsFlow())
    await workspace.run(flow, contactsFlow())
    emarsys.revokeTokens()
    scene.xero.editContact(contactIds(scene)[0]!, { Name: 'After the renewal' })
    expect(await workspace.run(flow, contactsFlow())).toMatchObject({ state: 'succeeded', counts: { sent: 1 } })

    emarsys.addFaults([{ match: PUT, kind: '401', times: 10 }])
    const edited = contactIds(scene)[1]!
    scene.xero.editContact(edited, { Name: 'Refused at first' })
    const run = await workspace.run(flow, contactsFlow())
    expect(run).toMatchObject({ state: 'failed', code: 'LOGIN_REFUSED' })
    expect(run.reason).toContain('Connect Emarsys again')
    expect((await workspace.paused(flow)).paused_code).toBe('LOGIN_REFUSED')
    emarsys.clearFaults()
    expect(await workspace.run(flow, contactsFlow())).toMatchObject({ state: 'succeeded' })
    expect(emarsys.contacts.lookUp(CUSTOMER_ID, edited)).toMatchObject([{ '18': 'Refused at first' }])
  })

  test('too many calls in a batch without a time to wait: it rests for a minute, and can be cancelled', async () => {
    const scene = await stage.open({ leaseSeconds: 2 })
    const { workspace, emarsys } = scene
    const document = contactsFlow()
    const flow = await workspace.flow(document)
    emarsys.addFaults([{ match: PUT, kind: '429' }])
    expect(await cancelledInWait(scene, await workspace.queue(flow, document))).toMatchObject({ epoch: 1 })
    expect(emarsys.ledger).toEqual([])
  })

  test('JSON that calls itself text/html is read all the same; a web page is not', async () => {
    const scene = await stage.open()
    scene.emarsys.setQuirks({ contentType: 'text/html; charset=utf-8' })
    const flow = await scene.workspace.flow(contactsFlow())
    scene.emarsys.addFaults([{ match: PUT, kind: 'html', skip: 1 }])
    const run = await scene.workspace.run(flow, contactsFlow())
    expect(run).toMatchObject({ state: 'failed', code: 'REPLY_UNREADABLE' })
    expect(await scene.workspace.run(flow, contactsFlow())).toMatchObject({ state: 'succeeded' })
    expectAllContacts(scene)
  })

  test.each(['500-before', '500-after', '503', 'reset-before', 'reset-after', 'slow'] as const)(
    '%s on an upsert: it is sent again and in effect once',
    async (kind) => {
      const scene = await stage.open()
      const flow = await scene.workspace.flow(contactsFlow())
      scene.emarsys.addFaults([{ match: PUT, kind, delayMs: 10 }])
      const run = await scene.workspace.run(flow, contactsFlow())
      expect(run).toMatchObject({ state: 'succeeded', counts: { sent: 30 } })
      expectAllContacts(scene)
    },
  )

  test('a missing permission fails the run, names itself and pauses the flow', async () => {
    const scene = await stage.open()
    scene.emarsys.setPermissions({ off: ['contact.update'] })
    const flow = await scene.workspace.flow(contactsFlow())
    const run = await scene.workspace.run(flow, contactsFlow())
    expect(run).toMatchObject({ state: 'failed', code: 'PERMISSION_MISSING' })
    expect(run.reason).toContain('contact.update')
    expect((await scene.workspace.paused(flow)).paused_code).toBe('PERMISSION_MISSING')
    scene.emarsys.setPermissions({ on: ['contact.update'] })
    expect(await scene.workspace.run(flow, contactsFlow())).toMatchObject({ state: 'succeeded' })
    expectAllContacts(scene)
  })

  test.each(['403', '401', '429'] as const)(
    'an event that was refused as a whole (%s) is not held against the next run: each mail goes out once',
    async (kind) => {
      // Two calls, as one takes 250: the second is planned when the first is refused.
      const scene = await stage.open({ contacts: 260, leaseSeconds: 2 })
      const { workspace, emarsys } = scene
      const flow = await workspace.flow(mailFlow(300))
      emarsys.addFaults([{ match: EVENT, kind, times: kind === '429' ? 1 : 2 }])
      const first = await workspace.queue(flow, mailFlow(300))
      if (kind === '429') {
        await cancelledInWait(scene, first)
        // This process keeps the budget closed for as long as it was asked to.
        await workspace.stop()
        await stage.join(scene)
      } else expect(await workspace.ended(first)).toMatchObject({ state: 'failed' })
      emarsys.clearFaults()
      const second = await workspace.run(flow, mailFlow(300))
      expect(second).toMatchObject({ state: 'succeeded' })
      expect(emarsys.mails()).toHaveLength(260)
      expect(emarsys.events).toHaveLength(260)
      expect(await workspace.exceptions()).toEqual([])
    },
  )

  test.each([
    ['500-after', true],
    ['500-before', false],
    ['reset-after', true],
    ['reset-before', false],
    ['html', true],
  ] as const)(
    '%s on sales data: nobody can tell, so it is shown as unknown and never sent again',
    async (kind, took) => {
      const scene = await stage.open()
      const { workspace, emarsys } = scene
      const document = purchasesFlow(1000)
      const flow = await workspace.flow(document)
      emarsys.addFaults([{ match: SALES, kind }])
      const run = await workspace.run(flow, document)
      expect(run.state).toBe('partly')
      // The invoices travelled in the call that got lost; the credit notes after it arrived.
      const exceptions = await workspace.exceptions()
      expect(new Set(exceptions.map((one) => one.code))).toEqual(new Set(['OUTCOME_UNKNOWN']))
      const effects = await workspace.effects()
      const doubtful = effects.filter((one) => one.state === 'unknown')
      const lost = new Set(doubtful.map((one) => one.document))
      expect(lost.size).toBeGreaterThan(0)
      expect(new Set(exceptions.map((one) => one.effect_document))).toEqual(lost)
      // People see each by its number, with the money that hangs on it, whichever side the rows are on.
      const numbers = new Map(
        documents(scene).flatMap((one) => [
          [`invoice ${one.InvoiceID}`, one.InvoiceNumber],
          [`credit note ${one.CreditNoteID}`, one.CreditNoteNumber],
        ]),
      )
      for (const one of exceptions) {
        const number = numbers.get(one.effect_document!)
        expect(one).toMatchObject({ business_key: number, message: expect.stringContaining(`“${number}”`) })
        expect(Number(one.amount)).toBeGreaterThan(0)
      }
      const here = new Set(emarsys.sales.map((row) => String(row.s_document)))
      for (const name of lost) expect(here.has(name)).toBe(took)

      // Something new happens to a document in doubt: still nothing goes out for it, and the run says so.
      const rows = emarsys.sales.length
      const invoice = [...lost].find((name) => name.startsWith('invoice '))!.slice('invoice '.length)
      scene.xero.unpay(invoice)
      const next = await workspace.run(flow, document)
      expect(next).toMatchObject({ state: 'partly' })
      expect(next.counts.sent ?? 0).toBe(0)
      expect(emarsys.sales.length).toBe(rows)
      // The same record in doubt again is the same exception, now with the reason of today.
      const open = await workspace.exceptions()
      expect(open.every((one) => one.code === 'OUTCOME_UNKNOWN')).toBe(true)
      const held = open.filter((one) => one.message.includes('until that is settled'))
      expect(held.some((one) => one.message.includes(invoice))).toBe(true)
    },
  )

  test('sales data that Emarsys refuses outright did not arrive: the next run sends it', async () => {
    const scene = await stage.open()
    const { workspace, emarsys } = scene
    const document = purchasesFlow()
    const flow = await workspace.flow(document)
    emarsys.addFaults([{ match: SALES, kind: '401', skip: 1 }])
    const first = await workspace.run(flow, document)
    expect(first).toMatchObject({ state: 'failed', code: 'LOGIN_REFUSED' })
    expect(first.reason).toContain('sales data token')
    expect(await workspace.run(flow, document)).toMatchObject({ state: 'succeeded' })
    expect(await workspace.exceptions()).toEqual([])
    expect(sandboxTotals(emarsys)).toEqual(expectedTotals(scene))
  })

  test('while the token service is down no sales data goes out, and none is taken for sent', {
    timeout: 180_000,
  }, async () => {
    const scene = await stage.open()
    const { workspace, emarsys } = scene
    const document = purchasesFlow()
    const flow = await workspace.flow(document)
    await workspace.run(flow, document)
    const [paid] = documents(scene).filter((one) => one.Status === 'PAID' && one.Type === 'ACCREC')
    scene.xero.unpay(String(paid!.InvoiceID))
    await workspace.forgetTokens(workspace.emarsys)
    emarsys.addFaults([{ match: { pathPrefix: '/oauth2' }, kind: 'reset-after', times: 2 }])
    expect(await workspace.run(flow, document)).toMatchObject({ state: 'succeeded' })
    expect(await workspace.exceptions()).toEqual([])
    expect(sandboxTotals(emarsys)).toEqual(expectedTotals(scene))
  })
})
