import { expect, test } from 'vitest'
import { flowOf, node } from '../support/flows.ts'
import { type Given, givenFlow } from '../support/given.ts'
import { setStage } from '../support/scene.ts'
import { countProblems } from '../support/step-counts.ts'

const stage = setStage()
const SMALL = { contacts: 1, invoices: 0, creditNotes: 0 }
type Data = { readonly [field: string]: unknown }

const settings = {
  key: [{ left: 'id', right: 'ref' }],
  fields: [
    { name: 'amount', left: 'total', right: 'sum', kind: 'decimal', tolerance: 0.01 },
    { name: 'day', left: 'at', right: 'day', kind: 'date' },
    { name: 'who', left: 'who', right: 'who', kind: 'text' },
  ],
  total: { left: 'total', right: 'sum' },
}

const compared = async (left: Given, right: Given, more: Data = {}) => {
  const scene = await stage.open(SMALL)
  const nodes = [node('tie', 'compare', { ...settings, ...more })]
  const { run } = await givenFlow(stage, scene, nodes, ['given tie:left', 'other tie:right'], right)
  return { scene, run: await run(left) }
}

test('what matches, differs or stands on one side only leaves by its own port, and the summary ties out', async () => {
  const { run } = await compared(
    [
      { id: 'a', total: 10.1, at: '2026-11-02T23:59:00Z', who: 'x' },
      { id: 'b', total: 20, at: '2026-11-02', who: 'x' },
      { id: 'c', total: 0.1 },
      { id: 'd', total: '123456789012345678.25', who: 'same' },
    ],
    [
      { ref: 'b', sum: '20.02', day: '2026-11-03', who: 'y' },
      { ref: 'a', sum: 10.11, day: '2026-11-02', who: 'x' },
      { ref: 'd', sum: '123456789012345678.26', who: 'same' },
      { ref: 'e', sum: 0.2 },
    ],
  )
  expect(run.state).toBe('succeeded')
  expect((await run.left('tie', 'matched')).map(({ key }) => key)).toEqual(['a', 'd'])
  expect(await run.left('tie', 'differs')).toEqual([
    {
      key: 'b',
      left: { id: 'b', total: 20, at: '2026-11-02', who: 'x' },
      right: { ref: 'b', sum: '20.02', day: '2026-11-03', who: 'y' },
      differences: [
        { field: 'amount', left: 20, right: '20.02', by: 0.02 },
        { field: 'day', left: '2026-11-02', right: '2026-11-03' },
        { field: 'who', left: 'x', right: 'y' },
      ],
    },
  ])
  expect(await run.left('tie', 'only-left')).toEqual([{ key: 'c', left: { id: 'c', total: 0.1 } }])
  expect(await run.left('tie', 'only-right')).toEqual([{ key: 'e', right: { ref: 'e', sum: 0.2 } }])
  expect(await run.left('tie', 'summary')).toEqual([
    {
      keys: 5,
      left: { records: 4, total: '123456789012345708.45' },
      right: { records: 4, total: '123456789012345708.59' },
      difference: 0.14,
      matched: {
        keys: 2,
        left: { records: 2, total: '123456789012345688.35' },
        right: { records: 2, total: '123456789012345688.37' },
        difference: 0.02,
      },
      differs: { keys: 1, left: { records: 1, total: 20 }, right: { records: 1, total: 20.02 }, difference: 0.02 },
      onlyLeft: { keys: 1, left: { records: 1, total: 0.1 }, right: { records: 0, total: 0 }, difference: -0.1 },
      onlyRight: { keys: 1, left: { records: 0, total: 0 }, right: { records: 1, total: 0.2 }, difference: 0.2 },
      duplicates: { keys: 0, left: { records: 0, total: 0 }, right: { records: 0, total: 0 }, difference: 0 },
    },
  ])
})

test('a key that stands twice on a side is named, with what it adds up to; so is what cannot be compared', async () => {
  const { run, scene } = await compared(
    [{ id: 'a', total: 25 }, { id: 'b', total: 1 }, { id: 'b', total: 2 }, { total: 3 }, { id: 'c', total: 'much' }],
    `[[1..2500].{ 'ref': 'a', 'sum': 0.01, 'n': $ }, { 'ref': 'z', 'sum': 1, 'day': 'soon' }]`,
  )
  expect(run.state).toBe('partly')
  const [summary] = await run.left('tie', 'summary')
  expect(summary).toMatchObject({
    duplicates: { keys: 2, left: { records: 3, total: 28 }, right: { records: 2500, total: 25 } },
    onlyRight: { keys: 0 },
  })
  const exceptions = await scene.workspace.exceptions()
  expect(exceptions.map(({ code, business_key }) => `${code} ${business_key}`).sort()).toEqual([
    'AMBIGUOUS a',
    'AMBIGUOUS b',
    'INVALID_INPUT c',
    'INVALID_INPUT null',
    'INVALID_INPUT z',
  ])
  expect(exceptions.find(({ business_key }) => business_key === 'a')?.message).toMatch(/1 × on the left and 2500 × on/)
})

test('keys of several fields, no fields to compare, no control total', async () => {
  const key = [
    { left: 'a', right: 'a' },
    { left: 'b', right: 'b' },
  ]
  const { run } = await compared(
    [
      { a: 1, b: 'x' },
      { a: 1, b: 'y' },
    ],
    [{ a: 1, b: 'x', c: 1 }],
    {
      key,
      fields: [],
      total: undefined,
    },
  )
  expect((await run.left('tie', 'matched')).map((one) => one.key)).toEqual([['1', 'x']])
  expect((await run.left('tie', 'only-left')).map((one) => one.key)).toEqual([['1', 'y']])
  expect(await run.left('tie', 'summary')).toMatchObject([{ left: { records: 2 }, right: { records: 1 } }])
})

test('single records are not compared: the other side would be told as missing', async () => {
  const scene = await stage.open({ ...SMALL, invoices: 3 })
  const document = flowOf(
    [
      node('invoices', 'xero.list-invoices', { types: ['ACCREC'] }),
      node('again', 'xero.list-invoices', { types: ['ACCREC'] }),
      node('tie', 'compare', { key: [{ left: 'InvoiceID', right: 'InvoiceID' }] }),
    ],
    ['start invoices', 'start again', 'invoices tie:left', 'again tie:right'],
  )
  const flow = await scene.workspace.flow(document)
  const whole = await scene.workspace.run(flow, document)
  expect(whole.state).toBe('succeeded')
  expect((await scene.workspace.steps(whole.id)).flatMap(countProblems)).toEqual([])
  const [matched] = await scene.workspace.payload(whole.id, 'tie', 'out:matched')
  expect(matched?.left).toEqual(matched?.right)
})

test('a comparison that is interrupted between its pages tells everything once', async () => {
  const scene = await stage.open({ ...SMALL, contacts: 4 })
  const contact = scene.xero.state.books.contacts.ordered[0]!.id
  const left = `[1..4500].{ 'id': 'k' & $, 'total': 0.01, 'contact': '${contact}' }`
  const { run } = await givenFlow(
    stage,
    scene,
    [
      node('tie', 'compare', settings),
      // Only the second page has one of these.
      node('late', 'filter', { condition: "left.id = 'k3000'" }),
      node('find', 'xero.get-contacts', { key: 'left.contact', as: 'contact' }),
    ],
    ['given tie:left', 'other tie:right', 'tie.only-left late', 'late find'],
    [{ ref: 'r', sum: 1 }],
  )
  scene.xero.addFaults([{ kind: '503-offline', match: { pathPrefix: '/api.xro/2.0/Contacts' } }])
  const parked = await run(left)
  expect(parked.state).toBe('waiting')
  expect(await parked.left('tie', 'summary')).toEqual([])
  const ended = await scene.workspace.wakeUp(parked.id)
  expect(ended.state).toBe('succeeded')
  const told = await parked.left('tie', 'only-left')
  expect(new Set(told.map(({ key }) => key)).size).toBe(4_500)
  expect(told).toHaveLength(4_500)
  expect(await parked.left('tie', 'summary')).toMatchObject([
    { onlyLeft: { keys: 4_500, left: { total: 45 } }, onlyRight: { keys: 1 } },
  ])
})
