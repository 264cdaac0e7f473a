import { expect, test } from 'vitest'
import { setStage } from '../support/scene.ts'
import { installed, type Wire } from '../support/templates.ts'

const stage = setStage()

test('F02: customers by their own id; e-mail changed, archived, deleted over there; opt-in never', async () => {
  const scene = await stage.open({ contacts: 40, invoices: 60, creditNotes: 0 })
  const { xero, emarsys } = scene
  const contacts = () => xero.state.books.contacts.ordered.map(({ id }) => xero.document(id)!)
  const customers = () => contacts().filter((one) => one.IsCustomer === true && one.ContactStatus === 'ACTIVE')
  const [a, b, c, d] = customers()
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
  const companies = (xero.document(String(c!.ContactID)) as Wire).Name
  expect(JSON.stringify(made())).toContain(String(companies))
})
