import { expect, test } from 'vitest'
import { node } from '../support/flows.ts'
import { givenFlow } from '../support/given.ts'
import { setStage } from '../support/scene.ts'

const stage = setStage()

/** A write whose id comes before the stop's in every order, and a stop for what is too much. */
const opened = async (settings: Record<string, unknown>) => {
  const scene = await stage.open({ contacts: 1, invoices: 0, creditNotes: 0 })
  const { run } = await givenFlow(
    stage,
    scene,
    [
      node('a-send', 'emarsys.upsert-contacts', { keyField: '3', record: "{ '3': mail }" }),
      node('much', 'filter', { condition: 'n > 9' }),
      node('z-stop', 'stop', settings),
    ],
    ['given a-send', 'given much', 'much z-stop'],
  )
  return { scene, run }
}
const mails = (...numbers: number[]) => numbers.map((n) => ({ mail: `m${n}@example.com`, n }))

test('a run that is stopped fails with the sentence, and nothing of the batch was sent', async () => {
  const { run, scene } = await opened({ sentence: "'There are ' & n & ' of ' & mail" })
  const stopped = await run(mails(1, 12, 13))
  expect(stopped).toMatchObject({ state: 'failed', code: 'STOPPED', reason: 'There are 12 of m12@example.com' })
  expect(scene.emarsys.contacts.lookUp('3', 'm1@example.com')).toHaveLength(0)
  expect((await run(mails(1, 2))).state).toBe('succeeded')
  expect(scene.emarsys.contacts.lookUp('3', 'm1@example.com')).toHaveLength(1)
})

test('as done it ends without a failure; a sentence that cannot be made stops all the same', async () => {
  const { run, scene } = await opened({ as: 'done', sentence: "$number('x' & mail)" })
  const stopped = await run(mails(12))
  expect(stopped).toMatchObject({ state: 'succeeded', code: null })
  expect(stopped.reason).toMatch(/^A record arrived at “z-stop”, which stops the run. Its sentence could not be made: /)
  expect(scene.emarsys.contacts.lookUp('3', 'm12@example.com')).toHaveLength(0)
})
