import { expect, test } from 'vitest'
import { createUses } from '../../server/connect/uses.ts'

test('a use is noted once a day for each connection, and again after it could not be', async () => {
  const notes: string[] = []
  let day = '2026-11-28'
  let away = false
  const use = createUses(
    async (workspace, id) => {
      if (away) throw new Error('the database is away')
      notes.push(`${day} ${workspace}/${id}`)
    },
    () => day,
  )
  for (let turn = 0; turn < 3; turn++) await Promise.all([use('w', 'one'), use('w', 'one'), use('w', 'two')])
  expect(notes).toEqual(['2026-11-28 w/one', '2026-11-28 w/two'])
  day = '2026-11-29'
  away = true
  await expect(use('w', 'one')).rejects.toThrow('away')
  away = false
  await use('w', 'one')
  await use('w', 'one')
  expect(notes.slice(2)).toEqual(['2026-11-29 w/one'])
})
