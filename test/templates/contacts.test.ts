import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { setStage } from '../support/scene.ts'
import { documentsOf, installed, type Wire } from '../support/templates.ts'

const stage = setStage()

test('F02: customers by their own id; e-mail changed, archived, deleted over there; opt-in never', async () => {
  const scene = await stage.open({ contacts: 40, invoices: 60, creditNotes: 0 })
  const { xero, emarsys } = scene
  const contacts = () => xero.state.books.contacts.ordered.map(({ id }) => xero.document(id)!)
  const customers = () => contacts().filter((one) => one.IsCustomer === true && one.ContactStatus === 'ACTIVE')
  const [a, b, c, d, company] = customers()
  xero.spoil(String(company!.ContactID), { drop: ['FirstName', 'LastName'] })
  // Two customers with one e-mail address.
  xero.editContact(String(b!.ContactID), { EmailAddress: String(a!.EmailAddress || 'shared@example.com') })
  xero.editContact(String(a!.ContactID), { EmailAddress: String(a!.EmailAddress || 'shared@example.com') })
  const flow = await installed(stage, scene, 'contacts-to-emarsys', { onlyWithEmail: false })
  const first = await flow.run()
  const refused = await scene.workspace.exceptions()
  const made = () => [...emarsys.contacts.all()].map((one) => emarsys.contacts.show(one))
  // Every customer is there, or is an exception of the marketing desk; nobody else is.
  expect(emarsys.contacts.size + refused.length).toBe(customers().length)
  expect(refused.every(({ desk }) => desk === 'marketing')).toBe(true)
  expect(first.state).toBe(refused.length > 0 ? 'partly' : 'succeeded')
  expect(contacts().length).toBeGreaterThan(customers().length)

  const writes = emarsys.ledger.length
  const quiet = await flow.run()
  expect([quiet.counts.sent ?? 0, quiet.counts.calls]).toEqual([0, 1])
  expect(emarsys.ledger.length).toBe(writes)

  // One has another address, one is archived, one was deleted by a marketer.
  xero.editContact(String(c!.ContactID), { EmailAddress: 'new.address@example.com' })
  xero.archiveContact(String(d!.ContactID))
  const size = emarsys.contacts.size
  const after = await flow.run()
  expect(after.counts.sent).toBe(1)
  // Least: one to read, one to write. More: who is there already.
  expect(after.counts.calls).toBeLessThanOrEqual(2 + 3)
  expect(emarsys.contacts.size).toBe(size)
  expect(JSON.stringify(made())).toContain('new.address@example.com')
  // What a marketer deleted over there does not come back with the next change.
  const gone = emarsys.contacts.lookUp('9001', String(a!.ContactID))[0]
  const kept = emarsys.contacts.byId(Number(gone?.id))
  if (kept) emarsys.contacts.delete(kept)
  expect(emarsys.contacts.size).toBe(size - 1)
  xero.editContact(String(a!.ContactID), { FirstName: 'Again' })
  expect((await flow.run()).counts.sent ?? 0).toBe(0)
  expect(emarsys.contacts.size).toBe(size - 1)
  // Opt-in is the contact's own.
  const fields = emarsys.ledger.flatMap((entry) => (entry.detail?.fields as string[] | undefined) ?? [])
  expect(fields).not.toContain('31')
  // A customer without a person's name is a company, or a person, as the form says.
  const names = () => made().find((one) => one['9001'] === company!.ContactID)
  expect(names()).toMatchObject({ '18': company!.Name })
  expect(String(names()?.['2'] ?? '')).toBe('')
  await flow.answer({ onlyWithEmail: false, companyName: 'person' })
  xero.editContact(String(company!.ContactID), { EmailAddress: 'office@example.com' })
  await flow.run()
  expect(names()).toMatchObject({ '2': company!.Name, '3': 'office@example.com' })
})

test('F03: who is gone over there never comes back by any flow; opt-in is nobody’s but the contact’s', async () => {
  const scene = await stage.open({ contacts: 40, invoices: 80, creditNotes: 0 })
  const { xero, emarsys, workspace } = scene
  const customers = xero.state.books.contacts.ordered
    .map(({ id }) => xero.document(id)!)
    .filter((one) => one.IsCustomer === true && one.ContactStatus === 'ACTIVE')
  const [gone, out, shared, double, back, unasked] = customers.map((one) => String(one.ContactID))
  for (const [at, id] of [gone, out, shared, double, back].entries()) {
    xero.editContact(id!, { EmailAddress: `guarded${at}@example.com` })
  }
  const contacts = await installed(stage, scene, 'contacts-to-emarsys', { onlyWithEmail: false })
  const purchases = await installed(stage, scene, 'paid-invoices-to-purchases')
  const guard = await installed(stage, scene, 'consent-guard')
  // Before the guard has seen anybody, nobody is gone.
  expect((await guard.run()).state).toBe('succeeded')
  await contacts.run()
  await purchases.run()
  const of = (id: string) => emarsys.contacts.lookUp('9001', id)
  const kept = (id: string) => emarsys.contacts.byId(Number(of(id)[0]!.id))!
  const optIn = (id: string, value: string) => emarsys.contacts.set(kept(id), '31', value)
  optIn(unasked!, '')
  optIn(shared!, '1')
  const listed = async () =>
    (
      await sql<{ n: number }>`select count(*)::int as n from suppressions where lifted_at is null`.execute(
        stage.database.owner.db,
      )
    ).rows[0]!.n
  const writes = emarsys.ledger.length
  expect((await guard.run()).state).toBe('succeeded')
  expect([await listed(), emarsys.ledger.length]).toEqual([0, writes])

  // One is deleted, one withdraws, two are deleted whose address others have: one other contact, and two.
  optIn(out!, '2')
  for (const id of [gone, shared, double, back]) emarsys.contacts.delete(kept(id!))
  emarsys.plantContact({ '3': 'guarded2@example.com', '31': '2' })
  for (const name of ['One', 'Two']) emarsys.plantContact({ '3': 'guarded3@example.com', '1': name })
  const size = emarsys.contacts.size
  const first = await guard.run()
  expect([first.state, await workspace.exceptions()]).toEqual(['succeeded', []])
  // Two with their address, two without.
  expect([await listed(), first.counts.sent, emarsys.ledger.length]).toEqual([6, 4, writes])
  const notices = await sql<{ desk: string; times: number }>`select * from notices`.execute(stage.database.owner.db)
  expect(notices.rows.map(({ desk }) => desk)).toEqual(['marketing', 'marketing'])

  // The ledger changes all of them, and pays what they owe: nobody is made again, and nobody's opt-in moves.
  for (const id of [gone, out, shared, double]) xero.editContact(id!, { FirstName: 'Again' })
  for (const one of documentsOf(scene)) {
    const who = String((one.Contact as Wire).ContactID)
    if (one.Type === 'ACCREC' && one.Status === 'AUTHORISED' && [gone, shared].includes(who)) {
      xero.pay(String(one.InvoiceID))
    }
  }
  const sales = emarsys.sales.length
  await contacts.run()
  await purchases.run()
  expect(emarsys.contacts.size).toBe(size)
  expect([gone, shared, double].flatMap((id) => of(id!))).toEqual([])
  expect(of(out!)[0]).toMatchObject({ '31': '2', '1': 'Again' })
  expect(String(of(unasked!)[0]!['31'] ?? '')).toBe('')
  expect(emarsys.sales.slice(sales).filter((row) => JSON.stringify(row).includes(gone!))).toEqual([])
  const refused = await workspace.exceptions()
  expect(refused.length).toBeGreaterThan(0)
  expect(refused.every(({ code, desk }) => code === 'SUPPRESSED' && desk === 'marketing')).toBe(true)

  // Again: nothing. Somebody who signs up again is let in, and stays in.
  const quiet = await guard.run()
  expect([quiet.counts.sent ?? 0, await listed(), emarsys.ledger.length]).toEqual([0, 6, emarsys.ledger.length])
  await sql`update suppressions set lifted_at = now(), lift_reason = 'Signed up again', lifted_by = (select id from users limit 1)`.execute(
    stage.database.owner.db,
  )
  await guard.run()
  expect(await listed()).toBe(0)
  xero.editContact(back!, { FirstName: 'Back' })
  await purchases.run()
  expect(of(back!)).toHaveLength(1)
  await guard.run()
  emarsys.contacts.delete(kept(back!))
  expect((await guard.run()).counts.sent).toBe(1)
  expect(await listed()).toBe(2)
})
