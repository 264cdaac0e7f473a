import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { contactReference, EMAIL } from '../../connectors/emarsys/field/keys.ts'
import { inWorkspace } from '../../server/store/database/database.ts'
import { newId } from '../../server/store/database/ids.ts'
import { insertSuppressions, liftSuppression, suppressionHash } from '../../server/store/effect/suppressions.ts'
import { flowOf, mailFlow, node } from '../support/flows.ts'
import { setStage } from '../support/scene.ts'

// Who was erased is never written to again, whichever flow would do it.

const stage = setStage()

const exceptionsOf = async (flow: string) =>
  (
    await sql<{ code: string; desk: string; node_id: string; state: string }>`
      select code, desk, node_id, state from exceptions where flow_id = ${flow} order by id
    `.execute(stage.database.owner.db)
  ).rows

test('an erased person is not created again, gets no mail, and can be let back in', async () => {
  const { xero, emarsys, workspace } = await stage.open({ contacts: 12, invoices: 0, creditNotes: 0 })
  const [erased] = xero.state.books.contacts.ordered.map((one) => one.email).filter((email) => email !== '')
  const by = { person: newId() }
  const entry = await inWorkspace(stage.database.app.db, workspace.id, async (tx) => {
    // As a person would spell it.
    const reference = contactReference(EMAIL, ` ${erased!.toUpperCase()} `)
    const hash = suppressionHash(workspace.keys, workspace.id, reference)
    const [id] = await insertSuppressions(tx, workspace.id, [{ hash, reason: 'Asked to be erased', by }])
    return id!
  })
  const document = mailFlow(5)
  const flow = await workspace.flow(document)
  const first = await workspace.run(flow, document)
  expect(first.state).toBe('partly')
  expect(emarsys.contacts.lookUp('3', erased!)).toEqual([])
  expect(emarsys.contacts.size).toBe(11)
  expect(emarsys.mails()).toHaveLength(11)
  expect(await exceptionsOf(flow)).toEqual([{ code: 'SUPPRESSED', desk: 'marketing', node_id: 'send', state: 'open' }])

  await inWorkspace(stage.database.app.db, workspace.id, (tx) =>
    liftSuppression(tx, workspace.id, { id: entry, by: by.person, reason: 'Signed up again' }),
  )
  await sql`delete from cursors where flow_id = ${flow}`.execute(stage.database.owner.db)
  await workspace.run(flow, document)
  expect(emarsys.contacts.lookUp('3', erased!)).toHaveLength(1)
  expect((await exceptionsOf(flow)).map(({ state }) => state)).toEqual(['resolved'])
})

test('a step that deletes puts people into the list before it does', async () => {
  const { xero, emarsys, workspace } = await stage.open({ contacts: 6, invoices: 0, creditNotes: 0 })
  const writing = mailFlow(5)
  const sync = await workspace.flow(writing)
  await workspace.run(sync, writing)
  const erasing = flowOf(
    [
      node('contacts', 'xero.list-contacts', { pageSize: 5 }),
      node('erase', 'emarsys.delete-contacts', {
        keyField: 'xero_contact_id',
        confirmed: true,
        record: `{ 'contact': ContactID, 'email': EmailAddress }`,
      }),
    ],
    ['start contacts', 'contacts erase'],
  )
  const erase = await workspace.flow(erasing)
  expect((await workspace.run(erase, erasing)).state).toBe('succeeded')
  expect(emarsys.contacts.size).toBe(0)

  await sql`delete from cursors where flow_id = ${sync}`.execute(stage.database.owner.db)
  // Changed, so that it would be sent.
  for (const contact of xero.state.books.contacts.ordered) Object.assign(contact, { name: `${contact.name} Ltd` })
  await workspace.run(sync, writing)
  expect(emarsys.contacts.size).toBe(0)
  const rows = await sql<{ run_id: string | null; hash: Buffer }>`
    select run_id, hash from suppressions where workspace_id = ${workspace.id}
  `.execute(stage.database.owner.db)
  expect(rows.rows.every(({ run_id }) => run_id !== null)).toBe(true)
  expect(rows.rows.every(({ hash }) => hash.length === 16)).toBe(true)
})
