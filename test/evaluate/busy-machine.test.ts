import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Evaluator, createEvaluator } from '../../server/evaluate/pool.ts'
import type { Evaluated } from '../../server/evaluate/program.ts'

// A machine that has no processor to spare: the child stands still for a while, as one does that waits for its turn.

const DEADLINE_MS = 300
const RECORDS = 60

let evaluator: Evaluator
beforeAll(() => {
  evaluator = createEvaluator({ children: 1, recordDeadlineMs: DEADLINE_MS })
})
afterAll(() => evaluator.close())

const sums = (): Promise<Evaluated> =>
  evaluator.run({
    workspace: 'w',
    program: {
      roots: [0],
      exits: 1,
      steps: [
        {
          kind: 'map',
          id: 'map',
          expression: '{"n": $sum([1..5000].($ + 1))}',
          ports: { out: { steps: [], exit: 0 } },
        },
      ],
    },
    records: Array.from({ length: RECORDS }, (_, n) => ({ n })) as never,
    now: 0,
    seed: 's',
  })

/** The child that has a job in hand. */
async function atWork(): Promise<number> {
  for (;;) {
    const one = evaluator.stats().children.find(({ busy }) => busy)
    if (one?.pid !== undefined) return one.pid
    await sleep(1)
  }
}

test('a child that waits longer for a processor than a record may take is waited for, and no record is blamed', async () => {
  await sums() // its start is not what is looked at
  const { started } = evaluator.stats()
  const running = sums()
  const child = await atWork()
  process.kill(child, 'SIGSTOP')
  await sleep(DEADLINE_MS * 3)
  process.kill(child, 'SIGCONT')
  const { exits, steps } = await running
  expect(steps[0]?.rejections).toEqual([])
  expect(exits[0]?.records).toHaveLength(RECORDS)
  expect(evaluator.stats().started).toBe(started)
})

test('one that never goes on is replaced all the same, and the work is done', async () => {
  const { started } = evaluator.stats()
  const running = sums()
  process.kill(await atWork(), 'SIGSTOP')
  const { exits, steps } = await running
  expect((exits[0]?.records.length ?? 0) + (steps[0]?.rejections.length ?? 0)).toBe(RECORDS)
  expect(steps[0]?.rejections.length).toBeLessThanOrEqual(1)
  expect(evaluator.stats().started).toBeGreaterThan(started)
})
