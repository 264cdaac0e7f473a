import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { inWorkspace } from '../../server/store/database/database.ts'
import { type InTenant, keepFile } from '../../server/store/workspace/files.ts'
import { type Scene, setStage } from '../support/scene.ts'
import { installed, postJournal } from '../support/templates.ts'

// F18b: orders come as CSV, and count once the books have their day.

const stage = setStage()

const SAMPLE = readFileSync(new URL('../../docs/flows/samples/orders-2026-11-03.csv', import.meta.url), 'utf8')
const [HEADINGS = '', ...SOLD] = SAMPLE.trimEnd().split('\n')

async function open() {
  const scene = await stage.open({
    ...{ contacts: 2, invoices: 2, creditNotes: 0 },
    salesColumns: [
      ...['item', 'price', 'order', 'timestamp', 'email', 'quantity'],
      ...['f_original_amount', 's_original_currency', 's_document', 's_kind'],
    ],
  })
  const files = await scene.workspace.connect('csv', 'none', { place: 'uploads' }, {})
  const install = (firstDay: string) =>
    installed(stage, scene, 'order-feed-from-files', { firstDay }, undefined, { files })
  return { scene, install }
}

function upload({ workspace }: Scene, name: string, rows: readonly string[]) {
  const inTenant: InTenant = (work) => inWorkspace(stage.database.app.db, workspace.id, (tx) => work(tx, workspace.id))
  async function* content() {
    yield Buffer.from(`${[HEADINGS, ...rows].join('\n')}\n`)
  }
  return keepFile(inTenant, workspace.keys, { folder: 'uploads', name, stamp: name }, content())
}

/** Takings of a day against its sales, as somebody books them by hand. */
const book = (scene: Scene, day: string, gross: number, more = '') =>
  postJournal(scene, { day, narration: `Sales [Web shop ${day}${more}]`, lines: { 825: gross, 200: -gross } })

const openOnes = ({ workspace }: Scene) =>
  stage.database.owner.db
    .selectFrom('exceptions')
    .select(['code', 'desk', 'message'])
    .where('workspace_id', '=', workspace.id)
    .where('state', '=', 'open')
    .orderBy('message')
    .execute()

const sent = ({ emarsys }: Scene) =>
  emarsys.sales.map(({ s_document: of, item, price, quantity }) => [of, item, Number(price), Number(quantity)])
const sums = (scene: Scene) => {
  const total: { [document: string]: number } = {}
  for (const [of, , price] of sent(scene)) {
    total[String(of)] = Math.round(((total[String(of)] ?? 0) + Number(price)) * 100) / 100
  }
  return total
}

test('F18b: a day is sent once its journals agree; again nothing; a newer file sends exactly the difference', async () => {
  const { scene, install } = await open()
  await upload(scene, 'orders-2026-11-03.csv', SOLD)
  await upload(scene, 'stock.csv', ['nothing of this is an order'])
  const flow = await install('2026-11-02')
  const complaints = () => openOnes(scene)

  // Not booked, and then booked wrongly: both totals are named, nothing is sent, and the newer exception stands for the day.
  expect((await flow.run()).state).toBe('partly')
  const differs = (total: string) => [
    {
      ...{ code: 'SET_ASIDE', desk: 'finance' },
      message: `The orders of 2026-11-03 add up to 75, their journals in Xero to ${total} GBP.`,
    },
  ]
  expect(await complaints()).toEqual(differs('0'))
  await book(scene, '2026-11-03', 70)
  await flow.run()
  expect(await complaints()).toEqual(differs('70'))
  expect(scene.emarsys.sales).toHaveLength(0)

  await book(scene, '2026-11-03', 5, ' v2')
  const first = await flow.run()
  expect([first.state, first.counts.sent]).toEqual(['succeeded', 7])
  expect(await complaints()).toEqual([])
  expect(sent(scene)).toEqual(
    expect.arrayContaining([
      ['Web shop 2026-11-03 order 318', 'MUG', 75, 2],
      ['Web shop 2026-11-03 order 318', 'shipping', 5, 1],
      ['Web shop 2026-11-03 order 319', 'Poster "North", A2', 20, 1],
      ['Web shop 2026-11-03 order 311', 'MUG', -37.5, -1],
    ]),
  )
  expect(scene.emarsys.sales).toHaveLength(4)

  // Again, also under another name: nothing.
  await upload(scene, 'orders-2026-11-03-again.csv', SOLD)
  const again = await flow.run()
  expect([again.state, again.counts.sent ?? 0, again.counts.calls]).toEqual(['succeeded', 0, 1])

  // A newer file: one order changed, one left out, one new. It waits for the books, and is then exactly the difference.
  const newer = [
    SOLD[0],
    SOLD[1]!.replace('5.00,6.00', '7.50,9.00'),
    SOLD[3],
    '2026-11-03,320,PEN,1,10.00,12.00,dan@example.com,,,',
  ]
  await upload(scene, 'orders-corrected.csv', newer as string[])
  expect((await flow.run()).state).toBe('partly')
  expect(scene.emarsys.sales).toHaveLength(4)
  await book(scene, '2026-11-03', -9, ' v3')
  const change = await flow.run()
  expect(change).toMatchObject({ state: 'succeeded', counts: { reversed: 2 } })
  expect(sums(scene)).toEqual({
    'Web shop 2026-11-03 order 311': -37.5,
    'Web shop 2026-11-03 order 318': 82.5,
    'Web shop 2026-11-03 order 319': 0,
    'Web shop 2026-11-03 order 320': 10,
  })
  expect(await complaints()).toEqual([])
  expect((await flow.run()).counts.sent ?? 0).toBe(0)
})

test('F18b: broken rows, other currencies, guests and missing files are named, and their neighbours go on', async () => {
  const { scene, install } = await open()
  const good = (day: string, order: number, more = '') =>
    `${day},${order},PEN,1,10.00,12.00,buyer${order}@example.com,${more},,`
  await upload(scene, 'orders-1.csv', [
    good('2026-11-01', 1),
    good('2026-11-02', 2),
    '2026-11-02,3,PEN,1,ten,12.00,x@example.com,,,',
    good('2026-11-03', 4),
    good('2026-11-03', 5, 'EUR'),
    '2026-11-03,6,PEN,1,10.00,12.00,,,,',
    good('2026-11-04', 7),
    good('2026-11-04', 7),
  ])
  for (const [day, gross] of [
    ['2026-11-01', 12],
    ['2026-11-02', 24],
    ['2026-11-03', 24],
    ['2026-11-04', 12],
    ['2026-11-05', 50],
  ] as const) {
    await book(scene, day, gross)
  }
  const flow = await install('2026-11-01')
  expect((await flow.run()).state).toBe('partly')
  const said = (await scene.workspace.exceptions())
    .map(({ code, desk, message }) => `${code} ${desk}: ${message}`)
    .sort()
  expect(said).toEqual([
    'INVALID_INPUT finance: This contact cannot be sent: the key field 3 is empty, so nobody can say whose record this is.',
    'INVALID_INPUT marketing: orders-1.csv, line 4: “Net” is no number: “ten”',
    'SET_ASIDE finance: Not every row of 2026-11-02 in orders-1.csv can be read; rows that cannot be, and are of this day or might be: 1. Put the file right and bring it again.',
    'SET_ASIDE finance: The orders of 2026-11-04 add up to 24, their journals in Xero to 12 GBP.',
    'SET_ASIDE finance: The orders of 2026-11-05 add up to 0, their journals in Xero to 50 GBP. No file that is kept holds the day.',
    'SET_ASIDE finance: Web shop 2026-11-03 order 5 is in EUR. The file has to give its amounts in GBP, the currency of the books.',
  ])
  expect(sums(scene)).toEqual({ 'Web shop 2026-11-01 order 1': 10, 'Web shop 2026-11-03 order 4': 10 })

  // Put right, the days agree, and what was said of them is over.
  await upload(scene, 'orders-2.csv', [good('2026-11-02', 2), good('2026-11-02', 3)])
  await upload(scene, 'orders-3.csv', [
    good('2026-11-03', 4),
    good('2026-11-03', 5),
    good('2026-11-03', 6),
    good('2026-11-04', 7),
  ])
  await upload(scene, 'orders-5.csv', ['2026-11-05,8,CASE,1,41.67,50.00,buyer8@example.com,,,'])
  await book(scene, '2026-11-03', 12, ' v2')
  await flow.run()
  expect(sums(scene)).toEqual({
    ...Object.fromEntries(
      Object.entries({ 1: '01', 2: '02', 3: '02', 4: '03', 5: '03', 6: '03', 7: '04' }).map(([order, day]) => [
        `Web shop 2026-11-${day} order ${order}`,
        10,
      ]),
    ),
    'Web shop 2026-11-05 order 8': 41.67,
  })
  // A row says nothing of another file: whoever has put it right closes it.
  expect((await openOnes(scene)).map(({ message }) => message)).toEqual([
    'orders-1.csv, line 4: “Net” is no number: “ten”',
  ])
})
