import { expect, test } from 'vitest'
import { flowOf, node } from '../support/flows.ts'
import { setStage } from '../support/scene.ts'
import { documentsOf, installed, type Wire } from '../support/templates.ts'

const stage = setStage()

test('F00: two cards while all is well; a sentence when the field with the customer’s id is gone', async () => {
  const scene = await stage.open({ contacts: 2, invoices: 2, creditNotes: 0 })
  const flow = await installed(stage, scene, 'health')
  const run = await flow.run()
  expect(run.state).toBe('succeeded')
  const cards = await Promise.all(
    ['ledger-card', 'marketing-card'].map((node) => scene.workspace.payload(run.id, node, 'out:out')),
  )
  expect(cards.flat()).toMatchObject([
    { system: 'Xero', currency: 'GBP' },
    { system: 'Emarsys', keyField: '9001' },
  ])
  // One call for each account, and nothing is written.
  expect(run.counts.calls).toBeLessThanOrEqual(2 + 1)
  expect(scene.emarsys.ledger.length).toBe(0)
  await flow.answer({ customerField: 'no_such_field' })
  const failed = await flow.run()
  expect(failed).toMatchObject({ state: 'failed', code: 'STOPPED' })
  expect(failed.reason).toContain('no field “no_such_field”')
})

test('F07: what waits is listed by kind and currency, to the cent', async () => {
  const scene = await stage.open({
    contacts: 10,
    invoices: 60,
    creditNotes: 0,
    money: { prepayments: 12, overpayments: 9 },
  })
  const { books } = scene.xero.state
  const expected = new Map<string, { amount: number; documents: number }>()
  for (const [kind, table] of [
    ['prepayment', books.prepayments],
    ['overpayment', books.overpayments],
  ] as const) {
    for (const { id } of table.ordered) {
      const one = scene.xero.document(id)!
      const left = Math.round(Number(one.RemainingCredit) * 100)
      if (!String(one.Type).startsWith('RECEIVE') || one.Status === 'VOIDED' || left === 0) continue
      const key = `${kind} ${one.CurrencyCode}`
      const before = expected.get(key) ?? { amount: 0, documents: 0 }
      expected.set(key, { amount: before.amount + left, documents: before.documents + 1 })
    }
  }
  expect(expected.size).toBeGreaterThan(0)
  const flow = await installed(stage, scene, 'prepayments-listed')
  const run = await flow.run()
  expect(run.state).toBe('succeeded')
  const listed = await scene.workspace.payload(run.id, 'list', 'out:out')
  const shown = listed
    .filter((one) => Number(one.documents) > 0)
    .map((one) => [
      `${one.kind} ${one.currency}`,
      { amount: Math.round(Number(one.amount) * 100), documents: one.documents },
    ])
  expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(expected))
  const again = await flow.run()
  expect([again.counts.read ?? 0, again.counts.calls]).toEqual([0, 2])

  // Applied to an invoice, in part: the rest stays listed.
  const { xero, workspace } = scene
  const receivable = (one: Wire) => one.Type === 'ACCREC' && one.Status === 'AUTHORISED' && Number(one.AmountDue) >= 1
  const invoices = documentsOf(scene).filter(receivable)
  const fits = (credit: Wire) => (one: Wire) =>
    (one.Contact as Wire).ContactID === (credit.Contact as Wire).ContactID && one.CurrencyCode === credit.CurrencyCode
  const credit = books.prepayments.ordered
    .map(({ id }) => xero.document(id)!)
    .find((one) => one.Type === 'RECEIVE-PREPAYMENT' && Number(one.RemainingCredit) >= 1 && invoices.some(fits(one)))!
  const applying = flowOf(
    [
      node('all', 'xero.list-prepayments'),
      node('one', 'filter', { condition: `PrepaymentID = '${credit.PrepaymentID}'` }),
      node('apply', 'xero.allocate-credit', {
        of: 'Prepayments',
        record: `{ 'CreditID': PrepaymentID, 'InvoiceID': '${invoices.find(fits(credit))!.InvoiceID}', 'Amount': 1, 'Date': '${new Date().toISOString().slice(0, 10)}' }`,
      }),
    ],
    ['start all', 'all one', 'one apply'],
  )
  expect(await workspace.run(await workspace.flow(applying), applying)).toMatchObject({
    state: 'succeeded',
    counts: { sent: 1 },
  })
  const key = `prepayment ${credit.CurrencyCode}`
  const changed = await workspace.payload((await flow.run()).id, 'list', 'out:out')
  const rest = Number(xero.document(String(credit.PrepaymentID))!.RemainingCredit)
  expect(rest).toBe(Math.round(Number(credit.RemainingCredit) * 100 - 100) / 100)
  const [now] = changed.filter((one) => `${one.kind} ${one.currency}` === key)
  expect(Math.round(Number(now!.amount) * 100)).toBe(expected.get(key)!.amount - 100)
  expect(now!.documents).toBe(expected.get(key)!.documents - (rest === 0 ? 1 : 0))
})
