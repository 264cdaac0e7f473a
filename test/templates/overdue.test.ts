import { expect, test } from 'vitest'
import { type Scene, setStage } from '../support/scene.ts'
import { atEmarsys, baseCents, dayOf, documentsOf, installed, type Wire } from '../support/templates.ts'

const stage = setStage()
const GRACE = 7

const customer = (one: Wire) => String((one.Contact as Wire).ContactID)
const daysLate = (one: Wire) => Math.floor((Date.now() - Date.parse(`${dayOf(one.DueDate)}T00:00:00Z`)) / 86_400_000)

/** Who is overdue by the books, by another way than the flow's. */
function overdue(scene: Scene, except: readonly string[] = []): string[] {
  const owing = documentsOf(scene).filter(
    (one) =>
      one.Type === 'ACCREC' &&
      one.Status === 'AUTHORISED' &&
      daysLate(one) > GRACE &&
      baseCents(one.AmountDue, one.CurrencyRate) >= 100 &&
      !/dispute/i.test(String(one.Reference ?? '')) &&
      !except.includes(String((one.Contact as Wire).Name)),
  )
  return [...new Set(owing.map(customer))].sort()
}

test('F09: the list equals the question, and lets go within one cycle', async () => {
  const scene = await stage.open({ contacts: 30, invoices: 120, creditNotes: 0 })
  const { xero, emarsys, workspace } = scene
  await (await installed(stage, scene, 'contacts-to-emarsys', { onlyWithEmail: false })).run()
  const list = await atEmarsys(scene, '/contactlist', { name: 'Overdue', key_id: '9001', external_ids: [] })
  // Somebody who owes nothing was put on it by hand.
  const members = () =>
    [...emarsys.lists.get(list)!.members]
      .map((id) => String(emarsys.contacts.show(emarsys.contacts.byId(id)!)['9001']))
      .sort()
  const innocent = xero.state.books.contacts.ordered
    .map(({ id }) => id)
    .find((id) => !overdue(scene).includes(id) && emarsys.contacts.lookUp('9001', id).length === 1)!
  emarsys.lists.get(list)!.members.add(Number(emarsys.contacts.lookUp('9001', innocent)[0]!.id))

  const flow = await installed(stage, scene, 'overdue-suppression', { listId: String(list), graceDays: GRACE })
  const first = await flow.run()
  expect(first.state).toBe('succeeded')
  expect(overdue(scene).length).toBeGreaterThan(3)
  expect(members()).toEqual(overdue(scene))

  const writes = emarsys.ledger.length
  const quiet = await flow.run()
  expect(emarsys.ledger.length).toBe(writes)
  // Least: one to ask who owes, two to ask who is on the list with whose id. One more knows the contacts.
  expect(quiet.counts.calls).toBeLessThanOrEqual(2 + 3)

  // One pays all, one disputes all, one is a very good customer, one has agreed on a plan.
  const [payer, disputer, vip, planner] = overdue(scene)
  const open = (who: string) =>
    documentsOf(scene).filter((one) => one.Type === 'ACCREC' && one.Status === 'AUTHORISED' && customer(one) === who)
  for (const one of open(payer!)) xero.pay(String(one.InvoiceID))
  for (const one of open(disputer!)) xero.edit(String(one.InvoiceID), { Reference: 'DISPUTE 17' })
  const name = String((open(vip!)[0]!.Contact as Wire).Name)
  const planned = String((open(planner!)[0]!.Contact as Wire).Name)
  const inAMonth = `/Date(${Date.now() + 30 * 86_400_000}+0000)/`
  for (const one of open(planner!)) xero.spoil(String(one.InvoiceID), { set: { ExpectedPaymentDate: inAMonth } })
  await flow.answer({ listId: String(list), graceDays: GRACE, exceptNames: [name] })
  expect((await flow.run()).state).toBe('succeeded')
  expect(members()).toEqual(overdue(scene, [name, planned]))
  expect(members()).not.toContain(payer)
  expect(members()).not.toContain(disputer)
  expect(members()).not.toContain(vip)
  expect(members()).not.toContain(planner)
  for (const one of open(planner!)) xero.spoil(String(one.InvoiceID))
  // A longer grace empties it.
  await flow.answer({ listId: String(list), graceDays: 120, holdWord: '' })
  await flow.run()
  const longAgo = documentsOf(scene).filter(
    (one) => one.Status === 'AUTHORISED' && one.Type === 'ACCREC' && daysLate(one) > 120,
  )
  expect(members()).toEqual([...new Set(longAgo.map(customer))].sort())
  expect(await workspace.exceptions()).toEqual([])
})
