import { expect, test } from 'vitest'
import { type Scene, setStage } from '../support/scene.ts'
import { dayOf, documentsOf, installed, listOf, type Wire } from '../support/templates.ts'

const stage = setStage()
const DAY = 86_400_000
const TYPES = ['paid', 'first', 'refunded', 'overdue7', 'overdue14', 'overdue30', 'recovered'] as const

const at = (day: string) => Date.parse(`${day}T00:00:00Z`)
const customer = (one: Wire) => String((one.Contact as Wire).ContactID)

/** Keys of all that happened since the day, by the books. */
function happened(scene: Scene, since: string): string[] {
  const known = (one: Wire) => scene.emarsys.contacts.lookUp('9001', customer(one)).length > 0
  const sales = documentsOf(scene).filter((one) => one.Type === 'ACCREC' && known(one))
  const notes = documentsOf(scene).filter((one) => one.Type === 'ACCRECCREDIT' && known(one))
  const paid = sales.filter((one) => one.Status === 'PAID' && dayOf(one.FullyPaidOnDate) >= since)
  const late = sales.flatMap((one) => {
    if (one.Status !== 'AUTHORISED' || one.DueDate === undefined) return []
    const due = at(dayOf(one.DueDate))
    const step = [30, 14, 7].find((days) => Math.floor((Date.now() - due) / DAY) >= days)
    if (step === undefined || new Date(due + step * DAY).toISOString().slice(0, 10) < since) return []
    return [`overdue ${step} ${one.InvoiceID}`]
  })
  return [
    ...paid.map((one) => `paid ${one.InvoiceID}`),
    ...paid
      .filter((one) => one.DueDate !== undefined && at(dayOf(one.FullyPaidOnDate)) - at(dayOf(one.DueDate)) >= 7 * DAY)
      .map((one) => `recovered ${one.InvoiceID}`),
    ...notes
      .filter((one) => ['AUTHORISED', 'PAID'].includes(String(one.Status)) && dayOf(one.Date) >= since)
      .map((one) => `refunded ${one.CreditNoteID}`),
    ...late,
  ].sort()
}

test('F10: each cause once, nothing of the past, nothing twice, nothing from quiet runs', async () => {
  const scene = await stage.open({ contacts: 25, invoices: 120, creditNotes: 10 })
  const { xero, emarsys, workspace } = scene
  await (await installed(stage, scene, 'contacts-to-emarsys', { onlyWithEmail: false })).run()
  const numbers = new Map(TYPES.map((type) => [type, String(emarsys.plantEvent(type))]))
  const since = '2026-10-15'
  const answers = {
    since,
    ...Object.fromEntries(TYPES.map((type) => [`event${type[0]!.toUpperCase()}${type.slice(1)}`, numbers.get(type)])),
  }
  const flow = await installed(stage, scene, 'lifecycle-events', answers)
  const sent = async (type: string) =>
    (await workspace.effects())
      .map(({ document }) => document)
      .filter((key) => key.startsWith(`${numbers.get(type as never)}:`))
      .map((key) => key.replace(/^\d+:/, ''))
  const others = async () => (await Promise.all(TYPES.filter((type) => type !== 'first').map(sent))).flat().sort()

  expect((await flow.run()).state).toBe('succeeded')
  expect(happened(scene, since).length).toBeGreaterThan(10)
  expect(await others()).toEqual(happened(scene, since))
  // A first order is the customer's first that counts, and there is one at most.
  const firsts = await sent('first')
  expect(new Set(firsts).size).toBe(firsts.length)
  expect(emarsys.mails().length).toBe((await others()).length + firsts.length)

  const mails = emarsys.mails().length
  const quiet = await flow.run()
  expect([quiet.counts.sent ?? 0, emarsys.mails().length]).toEqual([0, mails])
  expect(quiet.counts.calls).toBeLessThanOrEqual(3 + 3)

  // Un-paid and paid again: no second mail. Paid for the first time: one, or more where it was late.
  const sales = () => documentsOf(scene).filter((one) => one.Type === 'ACCREC')
  const [again] = sales().filter(
    (one) => one.Status === 'PAID' && listOf(one.Payments).length === 1 && dayOf(one.FullyPaidOnDate) >= since,
  )
  xero.unpay(String(again!.InvoiceID))
  await flow.run()
  xero.pay(String(again!.InvoiceID))
  const [open] = sales().filter(
    (one) =>
      one.Status === 'AUTHORISED' && one.AmountPaid === 0 && emarsys.contacts.lookUp('9001', customer(one)).length > 0,
  )
  xero.pay(String(open!.InvoiceID))
  await flow.run()
  const after = (await sent('paid')).filter(
    (key) => key === `paid ${again!.InvoiceID}` || key === `paid ${open!.InvoiceID}`,
  )
  expect(after.length).toBe(2)

  // A back-fill of everything is quiet: it tells nobody, and the ledger knows nothing of it.
  const before = new Set(await others())
  const [told, keys] = [emarsys.mails().length, (await workspace.effects()).length]
  const [other] = sales().filter(
    (one) =>
      one.Status === 'AUTHORISED' && one.AmountPaid === 0 && emarsys.contacts.lookUp('9001', customer(one)).length > 0,
  )
  const filled = await flow.window('2024-01-01', new Date(Date.now() + DAY).toISOString().slice(0, 10))
  expect([filled.state, filled.reason]).toEqual(['succeeded', null])
  expect(filled.counts.read).toBeGreaterThan(sales().length / 2)
  expect([emarsys.mails().length, (await workspace.effects()).length]).toEqual([told, keys])
  // The run after it tells of what is new, and of nothing that the back-fill went through.
  xero.pay(String(other!.InvoiceID))
  await flow.run()
  const news = (await others()).filter((key) => !before.has(key))
  expect(news).toContain(`paid ${other!.InvoiceID}`)
  expect(news).toEqual(happened(scene, since).filter((key) => key.endsWith(String(other!.InvoiceID))))
})
