import { expect, test } from 'vitest'
import { setStage } from '../support/scene.ts'
import * as dst from './dst.ts'
import * as failover from './failover.ts'
import { failpoints } from './failpoints.ts'
import * as fairness from './fairness.ts'
import * as kills from './kills.ts'
import * as limits from './limits.ts'
import * as lostAnswers from './lost-answers.ts'
import type { Proof } from './proof.ts'
import * as recovery from './recovery.ts'
import * as restarts from './restarts.ts'
import { keepResult } from './results.ts'
import * as rolling from './rolling.ts'
import { tokens } from './tokens.ts'
import * as zombies from './zombies.ts'

const stage = setStage()

const PROOFS: readonly Proof[] = [
  ...[dst, failover, fairness, kills, limits, lostAnswers, recovery, restarts, rolling, zombies],
  ...failpoints(stage),
  tokens(stage),
]

test.each(PROOFS)('$title', async ({ title, run }) => {
  const { figure, ok } = await run()
  keepResult(title, figure, ok)
  expect(ok, figure).toBe(true)
})
