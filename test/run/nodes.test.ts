import { describe, expect, test } from 'vitest'
import type { Flow, FlowNode } from '../../server/flow/document/flow.ts'
import { contactsFlow, CUSTOMER_ID, flowOf, mailFlow, node, purchasesFlow } from '../support/flows.ts'
import { type Scene, type SceneOptions, setStage } from '../support/scene.ts'
import { countProblems } from '../support/step-counts.ts'
import type { EndedRun } from '../support/workspace.ts'

// Each kind of node in a small flow, seen from outside: what left it, what it counted, what reached the remotes.

const stage = setStage()

type Data = { readonly [field: string]: unknown }

/** Runs a flow once; its counts must add up whatever the test is about. */
async function ran(document: Flow, scene: Scene, flow?: string): Promise<EndedRun & { flow: string }> {
  const id = flow ?? (await scene.workspace.flow(document))
  const run = await scene.workspace.run(id, document)
  expect((await scene.workspace.steps(run.id)).flatMap(countProblems)).toEqual([])
  return { ...run, flow: id }
}

/** A flow over records written down in the test: one record is read, and a map makes them of it. */
async function over(
  records: readonly Data[],
  nodes: readonly FlowNode[],
  edges: readonly string[],
  options: SceneOptions = { contacts: 1, invoices: 0, creditNotes: 0 },
) {
  const document = flowOf(
    [
      node('one', 'xero.get-organisation'),
      node('given', 'map', { expression: records.length === 0 ? '[]' : JSON.stringify(records) }),
      ...nodes,
    ],
    ['start one', 'one given', ...edges],
  )
  const scene = await stage.open(options)
  const run = await ran(document, scene)
  return { ...scene, run, left: (id: string, port: string) => scene.workspace.payload(run.id, id, `out:${port}`) }
}

const numbered = (count: number) => Array.from({ length: count }, (_, n) => ({ n }))

describe('pure nodes', () => {
  test('a filter lets through what meets its condition; the rest leaves by the other port', async () => {
    const { run, left } = await over(numbered(10), [node('few', 'filter', { condition: 'n < 3' })], ['given few'])
    expect(run.state).toBe('succeeded')
    expect(await left('few', 'out')).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }])
    expect(await left('few', 'other')).toHaveLength(7)
  })

  const cases = [
    { name: 'small', condition: 'n < 4' },
    { name: 'even', condition: 'n % 2 = 0' },
  ]

  test('a route sends a record to the first case that matches', async () => {
    const { left } = await over(numbered(8), [node('way', 'route', { match: 'first', cases })], ['given way'])
    expect((await left('way', 'small')).map(({ n }) => n)).toEqual([0, 1, 2, 3])
    expect((await left('way', 'even')).map(({ n }) => n)).toEqual([4, 6])
    expect((await left('way', 'other')).map(({ n }) => n)).toEqual([5, 7])
  })

  test('a route sends a record to all cases that match', async () => {
    const { left } = await over(
      numbered(8),
      [node('way', 'route', { match: 'all', cases }), node('both', 'map', { expression: '$' })],
      ['given way', 'way.small both', 'way.even both'],
    )
    expect((await left('way', 'small')).map(({ n }) => n)).toEqual([0, 1, 2, 3])
    expect((await left('way', 'even')).map(({ n }) => n)).toEqual([0, 2, 4, 6])
    expect((await left('both', 'out')).map(({ n }) => n)).toEqual([0, 0, 1, 2, 2, 3, 4, 6])
  })

  test('a split makes records of the parts, with what is kept of the whole', async () => {
    const { left } = await over(
      [{ id: 'a', lines: [{ x: 1 }, { x: 2 }] }, { id: 'b', lines: [{ x: 3 }] }, { id: 'c', lines: [] }, { id: 'd' }],
      [node('parts', 'split', { path: 'lines', keep: ['id'] })],
      ['given parts'],
    )
    expect(await left('parts', 'out')).toEqual([
      { x: 1, parent: { id: 'a' } },
      { x: 2, parent: { id: 'a' } },
      { x: 3, parent: { id: 'b' } },
    ])
  })

  test('what an expression cannot take is an exception, and its neighbours go on', async () => {
    const { run, workspace, left } = await over(
      [{ n: 1 }, { n: 'x' }, { n: 3 }],
      [node('twice', 'map', { expression: "{ 'n': n * 2 }" })],
      ['given twice'],
    )
    expect(run).toMatchObject({ state: 'partly', counts: { exceptions: 1 } })
    expect(await left('twice', 'out')).toEqual([{ n: 2 }, { n: 6 }])
    expect(await workspace.exceptions()).toMatchObject([{ code: 'EXPRESSION_FAILED', node_id: 'twice' }])
  })

  test('where an edge leaves the rejected port, record and error go there instead', async () => {
    const { run, workspace, left } = await over(
      [{ n: 1 }, { n: 'x' }],
      [node('twice', 'map', { expression: "{ 'n': n * 2 }" }), node('bad', 'map', { expression: '$' })],
      ['given twice', 'twice.rejected bad'],
    )
    expect(run.state).toBe('succeeded')
    expect(await left('bad', 'out')).toEqual([
      { record: { n: 'x' }, error: { code: 'EXPRESSION_FAILED', message: expect.any(String) } },
    ])
    expect(await workspace.exceptions()).toEqual([])
  })

  test('a list of one element stays a list, through every node', async () => {
    const { left } = await over(
      [{ key: 'a', list: [7], nested: [{ inner: ['x'] }] }],
      [
        node('all', 'filter', { condition: 'true' }),
        node('again', 'map', { expression: "{ 'key': key, 'list': list, 'made': [list], 'nested': nested }" }),
        node('other', 'xero.get-organisation'),
        node('kept', 'map', { expression: "{ 'key': 'a', 'list': [7] }" }),
        node('found', 'join', { key: 'key', withKey: 'key', as: 'match', cardinality: 'many' }),
      ],
      ['given all', 'all again', 'again found', 'start other', 'other kept', 'kept found:with'],
    )
    const record = { key: 'a', list: [7], made: [7], nested: [{ inner: ['x'] }] }
    expect(await left('again', 'out')).toEqual([record])
    expect(await left('found', 'out')).toEqual([{ ...record, match: [{ key: 'a', list: [7] }] }])
  })

  test('no records in: every node is content, and no step claims to have worked', async () => {
    const { run, workspace } = await over(
      [],
      [
        node('few', 'filter', { condition: 'true' }),
        node('sum', 'summarise', { values: [{ name: 'n', fn: 'count' }] }),
        node('send', 'emarsys.upsert-contacts', { keyField: '3' }),
      ],
      ['given few', 'few sum', 'few send'],
    )
    expect(run).toMatchObject({ state: 'succeeded', counts: { read: 1 } })
    expect((await workspace.steps(run.id)).map((step) => step.node_id)).toEqual(['one', 'given'])
  })
})

describe('a summary', () => {
  const values = [
    { name: 'sum', fn: 'sum', path: 'amount' },
    { name: 'count', fn: 'count' },
    { name: 'given', fn: 'count', path: 'amount' },
    { name: 'min', fn: 'min', path: 'amount' },
    { name: 'max', fn: 'max', path: 'amount' },
    { name: 'first', fn: 'first', path: 'name' },
    { name: 'last', fn: 'last', path: 'name' },
  ]
  const summed = (records: readonly Data[]) =>
    over(records, [node('sum', 'summarise', { by: [{ name: 'currency', path: 'cur' }], values })], ['given sum'])

  test('adds money up as decimals, per group, in the order the groups appeared', async () => {
    const { left } = await summed([
      { cur: 'GBP', amount: 0.1, name: 'a' },
      { cur: 'EUR', amount: 5, name: 'b' },
      { cur: 'GBP', amount: 0.2, name: 'c' },
      { cur: 'GBP', amount: -0.3, name: 'd' },
      { cur: 'GBP', name: 'e' },
    ])
    expect(await left('sum', 'out')).toEqual([
      { currency: 'GBP', sum: 0, count: 4, given: 3, min: -0.3, max: 0.2, first: 'a', last: 'e' },
      { currency: 'EUR', sum: 5, count: 1, given: 1, min: 5, max: 5, first: 'b', last: 'b' },
    ])
  })

  test('lists have what each record has, or the records, and a record that cannot be added up is in none', async () => {
    const lists = [
      { name: 'total', fn: 'sum', path: 'amount' },
      { name: 'names', fn: 'list', path: 'name' },
      { name: 'all', fn: 'list' },
    ]
    const a = { cur: 'GBP', amount: 1, name: 'a' }
    const b = { cur: 'GBP', amount: 2 }
    const { left } = await over(
      [a, { cur: 'GBP', amount: 'much', name: 'no' }, b],
      [node('sum', 'summarise', { by: [{ name: 'currency', path: 'cur' }], values: lists })],
      ['given sum'],
    )
    expect(await left('sum', 'out')).toEqual([{ currency: 'GBP', total: 3, names: ['a'], all: [a, b] }])
  })

  test('records without the field form a group of their own', async () => {
    const { left } = await summed([
      { amount: 1, name: 'x' },
      { cur: 'GBP', name: 'y' },
    ])
    expect(await left('sum', 'out')).toMatchObject([
      { currency: null, sum: 1, count: 1 },
      { currency: 'GBP', sum: 0, given: 0, min: null, max: null, first: 'y' },
    ])
  })

  test('sets aside what cannot be added up, and only that', async () => {
    const { run, workspace, left } = await summed([
      { cur: 'GBP', amount: 1 },
      { cur: 'GBP', amount: 'a lot' },
      { cur: 'GBP', amount: 2 },
    ])
    expect(run.state).toBe('partly')
    expect(await workspace.exceptions()).toMatchObject([{ code: 'INVALID_INPUT', node_id: 'sum' }])
    expect(await left('sum', 'out')).toMatchObject([{ sum: 3, count: 2, max: 2 }])
  })

  const perStatus = flowOf(
    [
      node('invoices', 'xero.list-invoices', { types: ['ACCREC'], pageSize: 15 }),
      node('sum', 'summarise', {
        by: [{ name: 'status', path: 'Status' }],
        values: [
          { name: 'total', fn: 'sum', path: 'Total' },
          { name: 'count', fn: 'count' },
        ],
      }),
    ],
    ['start invoices', 'invoices sum'],
  )

  /** Worked out apart: whole cents. */
  const expectedPerStatus = ({ xero }: Scene) => {
    const sums = new Map<string, { cents: number; count: number }>()
    for (const { id } of xero.state.books.invoices.ordered) {
      const invoice = xero.document(id)!
      if (invoice.Type !== 'ACCREC') continue
      const sum = sums.get(String(invoice.Status)) ?? { cents: 0, count: 0 }
      sums.set(String(invoice.Status), {
        cents: sum.cents + Math.round(Number(invoice.Total) * 100),
        count: sum.count + 1,
      })
    }
    return [...sums].map(([status, { cents, count }]) => ({ status, total: cents / 100, count }))
  }
  const byStatus = (records: readonly Data[]) =>
    [...records].sort((a, b) => String(a.status).localeCompare(String(b.status)))

  test('gathers over all batches of a run', async () => {
    const scene = await stage.open({ invoices: 120 })
    const run = await ran(perStatus, scene)
    const steps = await scene.workspace.steps(run.id)
    expect(steps.filter((step) => step.node_id === 'invoices').length).toBeGreaterThan(4)
    expect(byStatus(await scene.workspace.payload(run.id, 'sum', 'out:out'))).toEqual(
      byStatus(expectedPerStatus(scene)),
    )
  })

  test('counts nothing twice and nothing never when the run was interrupted and taken up again', async () => {
    const scene = await stage.open({ invoices: 120 })
    const { workspace, xero } = scene
    const flow = await workspace.flow(perStatus)
    const invoices = { pathPrefix: '/api.xro/2.0/Invoices' }
    xero.addFaults([{ kind: 'slow', match: invoices, delayMs: 1, times: 3 }])
    xero.addFaults([{ kind: '503-offline', match: invoices }])
    const parked = await workspace.run(flow, perStatus)
    expect(parked.state).toBe('waiting')
    expect(parked.counts.read).toBeGreaterThan(15)
    const run = await workspace.wakeUp(parked.id)
    expect(run.state).toBe('succeeded')
    expect(byStatus(await workspace.payload(run.id, 'sum', 'out:out'))).toEqual(byStatus(expectedPerStatus(scene)))
  })

  test('holds everything also when the run before it failed half-way', async () => {
    const scene = await stage.open({ invoices: 120 })
    const { workspace, xero } = scene
    const flow = await workspace.flow(perStatus)
    const invoices = { pathPrefix: '/api.xro/2.0/Invoices' }
    xero.addFaults([{ kind: 'slow', match: invoices, delayMs: 1, times: 3 }])
    xero.addFaults([{ kind: 'html-200', match: invoices }])
    const failed = await workspace.run(flow, perStatus)
    expect(failed.state).toBe('failed')
    expect(await workspace.payload(failed.id, 'sum', 'out:out')).toEqual([])
    const run = await workspace.run(flow, perStatus)
    expect(run.state).toBe('succeeded')
    expect(byStatus(await workspace.payload(run.id, 'sum', 'out:out'))).toEqual(byStatus(expectedPerStatus(scene)))
  })
})

describe('a join', () => {
  const joined = (cardinality: 'one' | 'many', invoiceKey = 'Contact.ContactID') =>
    flowOf(
      [
        node('contacts', 'xero.list-contacts', { pageSize: 10 }),
        node('invoices', 'xero.list-invoices', { types: ['ACCREC'], pageSize: 25 }),
        node('known', 'filter', { condition: "$substring(ContactID, -1) in ['0','1','2','3','4']" }),
        node('both', 'join', { key: invoiceKey, withKey: 'ContactID', as: 'customer', cardinality }),
      ],
      ['start contacts', 'start invoices', 'contacts known', 'known both:with', 'invoices both'],
    )

  test('puts one match under its name, over batches; the unmatched leave by their own port', async () => {
    const scene = await stage.open({ contacts: 40, invoices: 100 })
    const run = await ran(joined('one'), scene)
    expect(run.state).toBe('succeeded')
    const out = await scene.workspace.payload(run.id, 'both', 'out:out')
    const unmatched = await scene.workspace.payload(run.id, 'both', 'out:unmatched')
    const sales = scene.xero.state.books.invoices.ordered.filter(
      (one) => scene.xero.document(one.id)!.Type === 'ACCREC',
    )
    expect(out.length + unmatched.length).toBe(sales.length)
    expect(out.length).toBeGreaterThan(0)
    for (const invoice of out) {
      expect((invoice.customer as Data).ContactID).toBe((invoice.Contact as Data).ContactID)
    }
    for (const invoice of unmatched) expect(String((invoice.Contact as Data).ContactID)).toMatch(/[5-9a-f]$/)
  })

  test('many gives a list, also of one', async () => {
    const scene = await stage.open({ contacts: 40, invoices: 40 })
    const run = await ran(joined('many'), scene)
    const out = await scene.workspace.payload(run.id, 'both', 'out:out')
    expect(out.length).toBeGreaterThan(0)
    for (const invoice of out) expect(invoice.customer).toHaveLength(1)
  })

  test('a second match is an exception where one is expected', async () => {
    const { run, workspace, left } = await over(
      [{ key: 'a' }, { key: 'b' }, { without: 1 }],
      [
        node('other', 'xero.get-organisation'),
        node('kept', 'map', {
          expression: JSON.stringify([{ key: 'a', n: 1 }, { key: 'b', n: 2 }, { key: 'b', n: 3 }, { n: 4 }]),
        }),
        node('both', 'join', { key: 'key', withKey: 'key', as: 'match', cardinality: 'one' }),
      ],
      ['given both', 'start other', 'other kept', 'kept both:with'],
    )
    expect(run.state).toBe('partly')
    expect(await left('both', 'out')).toEqual([{ key: 'a', match: { key: 'a', n: 1 } }])
    expect(await left('both', 'unmatched')).toEqual([{ without: 1 }])
    expect((await workspace.exceptions()).map((one) => one.code).sort()).toEqual(['AMBIGUOUS', 'INVALID_INPUT'])
  })

  test('a key may be made of several fields', async () => {
    const { left } = await over(
      [{ a: 'x', b: 1 }, { a: 'x', b: 2 }, { a: 'x' }],
      [
        node('other', 'xero.get-organisation'),
        node('kept', 'map', {
          expression: JSON.stringify([
            { c: 'x', d: 1, n: 7 },
            { c: 'y', d: 2 },
          ]),
        }),
        node('both', 'join', { key: 'a', withKey: 'c', and: [{ key: 'b', withKey: 'd' }], as: 'match' }),
      ],
      ['given both', 'start other', 'other kept', 'kept both:with'],
    )
    expect(await left('both', 'out')).toEqual([{ a: 'x', b: 1, match: { c: 'x', d: 1, n: 7 } }])
    expect(await left('both', 'unmatched')).toEqual([{ a: 'x', b: 2 }, { a: 'x' }])
  })
})

describe('reads and look-ups', () => {
  test('the organisation is one record, and every run reads it', async () => {
    const scene = await stage.open()
    const document = flowOf([node('one', 'xero.get-organisation')], ['start one'])
    const first = await ran(document, scene)
    expect(await scene.workspace.payload(first.id, 'one', 'out:out')).toMatchObject([{ BaseCurrency: 'GBP' }])
    expect((await ran(document, scene, first.flow)).counts.read).toBe(1)
  })

  test('the field list holds the account’s own fields', async () => {
    const scene = await stage.open()
    const run = await ran(flowOf([node('fields', 'emarsys.list-fields')], ['start fields']), scene)
    const fields = await scene.workspace.payload(run.id, 'fields', 'out:out')
    expect(fields.length).toBe(run.counts.read)
    expect(fields).toContainEqual(expect.objectContaining({ id: '3' }))
  })

  test('a key nobody knows leaves a look-up by “unmatched”; a list of keys finds a list', async () => {
    const scene = await stage.open({ contacts: 12 })
    const ids = scene.xero.state.books.contacts.ordered.map((one) => one.id)
    const unknown = '00000000-0000-4000-8000-000000000000'
    const records = [{ id: ids[0] }, { id: unknown }, { none: 1 }, { id: [ids[1], ids[2]] }, { id: [ids[3], unknown] }]
    const document = flowOf(
      [
        node('one', 'xero.get-organisation'),
        node('given', 'map', { expression: JSON.stringify(records) }),
        node('find', 'xero.get-contacts', { key: 'id', as: 'contact' }),
      ],
      ['start one', 'one given', 'given find'],
    )
    const run = await ran(document, scene)
    const out = await scene.workspace.payload(run.id, 'find', 'out:out')
    expect(out).toMatchObject([
      { id: ids[0], contact: { ContactID: ids[0] } },
      { id: [ids[1], ids[2]], contact: [{ ContactID: ids[1] }, { ContactID: ids[2] }] },
    ])
    expect(await scene.workspace.payload(run.id, 'find', 'out:unmatched')).toEqual([records[1], records[2], records[4]])
  })
})

describe('writes', () => {
  test('what did not change is not sent again, unless every run is to say it', async () => {
    const scene = await stage.open({ contacts: 12 })
    const lazy = await ran(contactsFlow(12), scene)
    expect(lazy.counts).toMatchObject({ sent: 12 })
    // Another flow over the same connection: the ledger knows what is there.
    expect((await ran(contactsFlow(12), scene)).counts).toMatchObject({ unchanged: 12 })
    expect((await ran(contactsFlow(12, { policy: 'every-time' }), scene)).counts).toMatchObject({ sent: 12 })
  })

  test('contacts are put on a list and taken off again, those without an entry are named', async () => {
    const scene = await stage.open({ contacts: 12 })
    const ids = scene.xero.state.books.contacts.ordered.map((one) => one.id)
    scene.emarsys.lists.set(700, { id: 700, name: 'VIP', created: 0, members: new Set() })
    await ran(contactsFlow(12), scene)
    const listed = (operation: string, condition: string, settings = {}) =>
      flowOf(
        [
          node('contacts', 'xero.list-contacts', { pageSize: 5 }),
          node('some', 'filter', { condition }),
          node('list', operation, {
            listId: '700',
            keyField: CUSTOMER_ID,
            record: "{ 'contact': ContactID }",
            ...settings,
          }),
        ],
        ['start contacts', 'contacts some', 'some list'],
      )
    const members = () =>
      [...scene.emarsys.lists.get(700)!.members].map((number) =>
        scene.emarsys.contacts.value(scene.emarsys.contacts.byId(number)!, CUSTOMER_ID),
      )
    expect((await ran(listed('emarsys.add-to-list', 'true'), scene)).counts).toMatchObject({ sent: 12 })
    expect(members().sort()).toEqual([...ids].sort())
    const off = `ContactID = '${ids[0]}'`
    expect((await ran(listed('emarsys.remove-from-list', off), scene)).counts).toMatchObject({ sent: 1 })
    expect(members()).not.toContain(ids[0])
    // Membership is said again by each run, unless it is to be said once.
    expect((await ran(listed('emarsys.add-to-list', 'true'), scene)).counts).toMatchObject({ sent: 12 })
    const once = { policy: 'once-per-key' }
    expect((await ran(listed('emarsys.add-to-list', 'true', once), scene)).counts).toMatchObject({ sent: 12 })
    expect((await ran(listed('emarsys.add-to-list', 'true', once), scene)).counts).toMatchObject({ unchanged: 12 })
  })

  test('an event goes out once per key, whichever flow and run asks again', async () => {
    const scene = await stage.open({ contacts: 12 })
    const first = await ran(mailFlow(5), scene)
    expect(first.state).toBe('succeeded')
    expect(scene.emarsys.events).toHaveLength(12)
    const second = await ran(mailFlow(5), scene)
    expect(second).toMatchObject({ state: 'succeeded', counts: { unchanged: 24 } })
    expect(scene.emarsys.events).toHaveLength(12)
  })

  test('an event for somebody nobody has confirmed is not sent', async () => {
    const scene = await stage.open({ contacts: 4 })
    const document = mailFlow(5)
    const run = await ran(
      {
        ...document,
        nodes: document.nodes.filter((one) => one.id !== 'send'),
        edges: [document.edges[0]!, { id: 'direct', from: 'contacts', port: 'out', to: 'mail', input: 'in' }],
      },
      scene,
    )
    expect(run).toMatchObject({ state: 'partly', counts: { exceptions: 4 } })
    expect(scene.emarsys.events).toHaveLength(0)
    expect(new Set((await scene.workspace.exceptions()).map((one) => one.code))).toEqual(
      new Set(['CONTACT_NOT_CONFIRMED']),
    )
  })

  test('a write’s rejected port carries the record and the remote’s words', async () => {
    const scene = await stage.open({ contacts: 4 })
    const [refused] = scene.xero.state.books.contacts.ordered.map((one) => one.id)
    scene.emarsys.addFaults([
      { match: { method: 'PUT', pathPrefix: '/contact' }, kind: 'partial', keys: [refused!], code: 2005 },
    ])
    const document = contactsFlow(10)
    const run = await ran(
      {
        ...document,
        nodes: [
          ...document.nodes,
          node('bad', 'map', { expression: "{ 'id': record.ContactID, 'code': error.code }" }),
        ],
        edges: [...document.edges, { id: 'r', from: 'send', port: 'rejected', to: 'bad', input: 'in' }],
      },
      scene,
    )
    expect(run.state).toBe('succeeded')
    expect(await scene.workspace.payload(run.id, 'bad', 'out:out')).toEqual([{ id: refused, code: 'RECORD_REFUSED' }])
  })

  test('two flows that want the same purchases at the same time send them once', async () => {
    const scene = await stage.open({ contacts: 20, invoices: 60 })
    const document = purchasesFlow()
    await ran(contactsFlow(50), scene)
    const flows = [await scene.workspace.flow(document), await scene.workspace.flow(document)]
    const queued = await Promise.all(flows.map((flow) => scene.workspace.queue(flow, document)))
    const runs = await Promise.all(queued.map((run) => scene.workspace.ended(run)))
    for (const run of runs) expect(['succeeded', 'partly']).toContain(run.state)
    expect(scene.emarsys.salesBook.duplicates()).toEqual([])
    // Who came second was told so, and finds everything in place when it asks again.
    const codes = new Set((await scene.workspace.exceptions()).map((one) => one.code))
    expect([[], ['KEY_BUSY']]).toContainEqual([...codes])
  })

  test('the counts of the main flow add up in every step', async () => {
    const scene = await stage.open({ contacts: 25, invoices: 80, creditNotes: 10 })
    expect((await ran(purchasesFlow(10), scene)).state).toBe('succeeded')
  })
})
