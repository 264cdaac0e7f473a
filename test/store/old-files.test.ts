import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { removeOldFiles } from '../../server/store/workspace/files.ts'
import { newId } from '../../server/store/database/ids.ts'
import { type Installation, install, publishedFlow } from '../api/installation.ts'

let it: Installation
beforeAll(async () => {
  it = await install()
})
afterAll(() => it.close())

test('content that a flow has not come past stays, however long the flow rests', async () => {
  const workspace = await it.workspace()
  const { flow, connection } = await publishedFlow(await it.member(workspace, 'owner'), workspace)
  const unread = newId()
  const db = it.database.owner.db
  const files = [
    [`made/${connection}`, 1],
    [`made/${connection}`, 2],
    [`made/${connection}`, 3],
    [`made/${unread}`, 1],
  ] as const
  for (const [folder, sequence] of files) {
    const id = newId()
    await sql`
      insert into files (workspace_id, id, folder, name, stamp, bytes, hash, sequence, created_at)
      values (${workspace}, ${id}, ${folder}, ${`${sequence}.csv`}, 's', 3, ${Buffer.from(id)}, ${sequence}, now() - interval '31 days')
    `.execute(db)
    await sql`insert into file_pieces (workspace_id, file_id, first_byte, content) values (${workspace}, ${id}, 0, ${Buffer.from('abc')})`.execute(
      db,
    )
  }
  const standAt = (cursor: object) =>
    sql`
      insert into cursors (workspace_id, flow_id, node_id, connection_id, cursor, run_id)
      values (${workspace}, ${flow}, 'read', ${connection}, ${JSON.stringify(cursor)}::jsonb, ${newId()})
      on conflict (workspace_id, flow_id, node_id, connection_id) do update set cursor = excluded.cursor
    `.execute(db)
  const left = async () =>
    (
      await sql<{ place: string }>`
        select case when f.folder like ${`%${unread}`} then 'unread ' else '' end || f.sequence as place
        from files f join file_pieces p on p.workspace_id = f.workspace_id and p.file_id = f.id
        where not f.gone order by 1
      `.execute(db)
    ).rows.map(({ place }) => place)

  // In the middle of the second: the first is behind it.
  await standAt({ file: 2, offset: 1, line: 2 })
  await removeOldFiles(it.database.system.db)
  expect(await left()).toEqual(['2', '3', 'unread 1'])

  await standAt({ file: 3 })
  await removeOldFiles(it.database.system.db)
  expect(await left()).toEqual(['unread 1'])
})
