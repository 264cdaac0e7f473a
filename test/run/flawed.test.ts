import { zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { inWorkspace } from '../../server/store/database/database.ts'
import { editException } from '../../server/store/exception/exceptions.ts'
import { type InTenant, keepFile } from '../../server/store/workspace/files.ts'
import { editPlace, retryExceptions } from '../../server/store/exception/retries.ts'
import { seal } from '../../server/store/key/secrets.ts'
import { flowOf, node } from '../support/flows.ts'
import { type Scene, setStage } from '../support/scene.ts'

// Records that come otherwise than Xero says they are, over real HTTP: each is set aside, its neighbours go on.

const stage = setStage()

const document = flowOf(
  [node('invoices', 'xero.list-invoices', {}), node('seen', 'map', { expression: '{ "number": InvoiceNumber }' })],
  ['start invoices', 'invoices seen'],
)

const cases = ({ workspace }: Scene) =>
  inWorkspace(stage.database.app.db, workspace.id, (tx) =>
    tx
      .selectFrom('exceptions')
      .select(['id', 'code', 'message', 'state', 'business_key', 'desk', 'occurrences'])
      .where('workspace_id', '=', workspace.id)
      .orderBy('id')
      .execute(),
  )

async function retryAll(scene: Scene, flow: string) {
  const { workspace } = scene
  const { runs } = await inWorkspace(stage.database.app.db, workspace.id, (tx) =>
    retryExceptions(tx, { workspace: workspace.id, select: { filter: { flow } } }),
  )
  workspace.worker.wake()
  return workspace.ended(runs[0]!.run!)
}

test('a field missing, a list that is null, a number as text and a new value: an exception each, all else goes on', async () => {
  const scene = await stage.open({ contacts: 5, invoices: 20, creditNotes: 0 })
  const { xero, workspace } = scene
  const sound = await workspace.run(await workspace.flow(document), document)
  const all = sound.counts.read!
  expect(all).toBeGreaterThan(10)
  const { ordered } = xero.state.books.invoices
  const [missing, nothing, text, novel] = [ordered[0]!, ordered[1]!, ordered[2]!, ordered[3]!]
  xero.spoil(missing.id, { drop: ['AmountDue'] })
  xero.spoil(nothing.id, { set: { LineItems: null } })
  xero.spoil(text.id, { set: { Total: '120.00' } })
  xero.spoil(novel.id, { set: { Status: 'ARCHIVED' } })
  const flow = await workspace.flow(document)
  const first = await workspace.run(flow, document)
  expect(first).toMatchObject({ state: 'partly', counts: { read: all - 4, exceptions: 4 } })
  expect(await workspace.payload(first.id, 'seen', 'out:out')).toHaveLength(all - 4)
  const open = await cases(scene)
  expect(open.map(({ code }) => code)).toEqual(Array(4).fill('FIELD_UNEXPECTED'))
  const said = (field: string) => open.find(({ message }) => message.includes(`“${field}”`))?.message
  expect(said('AmountDue')).toContain('is missing, and not a number')
  expect(said('LineItems')).toContain('is null, and not a list')
  expect(said('Total')).toContain('is the text “120.00”, and not a number')
  expect(said('Status')).toContain('is the text “ARCHIVED”, and not a value known here')

  // Tried again, one is still wrong: it is the same exception. The others are sound and go on.
  for (const { id } of [nothing, text, novel]) xero.spoil(id)
  const again = await retryAll(scene, flow)
  expect(again.state).toBe('partly')
  expect(await workspace.payload(again.id, 'seen', 'out:out')).toHaveLength(3)
  const left = await cases(scene)
  expect(left).toHaveLength(4)
  expect(left.filter(({ state }) => state === 'open')).toMatchObject([{ business_key: missing.number }])

  xero.spoil(missing.id)
  expect(await retryAll(scene, flow)).toMatchObject({ state: 'succeeded' })
  expect((await cases(scene)).map(({ state }) => state)).toEqual(Array(4).fill('resolved'))
})

test('a row of a file is tried again as it stands, or as a person has put it right; no key could find it', async () => {
  const scene = await stage.open({ contacts: 1, invoices: 1, creditNotes: 0 })
  const { workspace } = scene
  const connection = await workspace.connect('csv', 'none', { place: 'uploads' }, {})
  const rows = flowOf(
    [
      node('rows', 'csv.read-rows', { columns: [{ column: 'total', field: 'total', type: 'number' }] }),
      node('seen', 'map', { expression: '{ "total": total }' }),
    ],
    ['start rows', 'rows seen'],
  )
  const inTenant: InTenant = (work) => inWorkspace(stage.database.app.db, workspace.id, (tx) => work(tx, workspace.id))
  async function* content() {
    yield Buffer.from('name,total\nAda,1\nBen,x\nCy,3\n')
  }
  await keepFile(inTenant, workspace.keys, { folder: 'uploads', name: 'rows.csv', stamp: '1' }, content())
  const flow = await workspace.flow(rows, { csv: connection })
  const first = await workspace.run(flow, rows)
  expect([first.state, await workspace.payload(first.id, 'seen', 'out:out')]).toEqual([
    'partly',
    [{ total: 1 }, { total: 3 }],
  ])
  const [refused] = await cases(scene)
  expect(refused).toMatchObject({ code: 'INVALID_INPUT', desk: 'marketing', state: 'open' })

  // Tried again as it is, it stays the same exception.
  expect((await retryAll(scene, flow)).state).toBe('partly')
  expect(await cases(scene)).toMatchObject([{ id: refused!.id, state: 'open' }])
  const record = { _file: { name: 'rows.csv', line: 3 }, headings: ['name', 'total'], cells: ['Ben', '2'] }
  await inTenant(async (tx) => {
    const { id: by } = await tx.selectFrom('users').select('id').executeTakeFirstOrThrow()
    await editException(tx, workspace.id, refused!.id, by, (edit) =>
      seal(workspace.keys, editPlace(workspace.id, refused!.id, edit), zstdCompressSync(JSON.stringify(record))),
    )
  })
  const tried = await retryAll(scene, flow)
  expect([tried.state, await workspace.payload(tried.id, 'seen', 'out:out')]).toEqual(['succeeded', [{ total: 2 }]])
  expect(await cases(scene)).toMatchObject([{ id: refused!.id, state: 'resolved' }])
})
