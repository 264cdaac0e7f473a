import { expect, test } from 'vitest'
import { inWorkspace } from '../../server/store/database/database.ts'
import { closeNotice, listNotices } from '../../server/store/alert/notices.ts'
import { node } from '../support/flows.ts'
import { givenFlow } from '../support/given.ts'
import { setStage } from '../support/scene.ts'

const stage = setStage()

test('one notice of a key is open at a time, with the newest words; closed, the next record opens another', async () => {
  const scene = await stage.open({ contacts: 1, invoices: 0, creditNotes: 0 })
  const settings = { sentence: "'No. ' & n & ' of ' & id", severity: 'critical', desk: 'finance', key: ['id'] }
  const { run } = await givenFlow(stage, scene, [node('tell', 'notify', settings)], ['given tell'])
  const inTenant = <T>(work: Parameters<typeof inWorkspace<T>>[2]) =>
    inWorkspace(stage.database.app.db, scene.workspace.id, work)
  const open = () =>
    inTenant((tx) => listNotices(tx, scene.workspace.id, { state: 'open', desk: 'finance', limit: 10 }))

  const first = await run([{ id: 'a', n: 1 }, { id: 'a', n: 2 }, { id: 'b', n: 3 }, { n: 4 }, { id: 'c' }])
  expect(first.state).toBe('partly')
  expect((await first.left('tell', 'out')).map(({ id }) => id)).toEqual(['a', 'a', 'b', 'c'])
  const before = await open()
  expect(before.map(({ message, occurrences, severity }) => `${severity} ${occurrences} ${message}`).sort()).toEqual([
    'critical 1 No.  of c',
    'critical 1 No. 3 of b',
    'critical 2 No. 2 of a',
  ])
  await run([{ id: 'a', n: 5 }])
  const counted = (await open()).find(({ message }) => message === 'No. 5 of a')!
  expect(counted).toMatchObject({ occurrences: 3, node_name: 'tell', flow_name: 'A flow' })
  const user = await inTenant(
    async (tx) => (await tx.selectFrom('flows').select('draft_by').executeTakeFirstOrThrow()).draft_by!,
  )
  await inTenant((tx) => closeNotice(tx, scene.workspace.id, counted.id, user))
  await run([{ id: 'a', n: 6 }])
  expect((await open()).filter(({ message }) => message.endsWith('a'))).toMatchObject([{ occurrences: 1 }])
})
