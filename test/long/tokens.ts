import { tokenKills } from '../proof/token-kills.ts'
import type { Stage } from '../support/scene.ts'
import type { Proof } from './proof.ts'

const ROUNDS = 100

/** 200 logins in four processes, one of which dies in every round; in five rounds nobody ages its claim. */
export const tokens = (stage: Stage): Proof => ({
  title: '200 token expiries at once, kill -9 between answer and commit',
  async run() {
    const { rounds, expiries, kept, answers, tokenAnswers, lost } = await tokenKills(stage, {
      ...{ rounds: ROUNDS, processes: 4, callers: 50, fullClaims: 5 },
    })
    const { 200: answered = 0, ...others } = answers
    const { 200: renewals = 0, ...refusals } = tokenAnswers
    const failed = sum(others)
    const refused = sum(refusals)
    return {
      figure:
        `${rounds} rounds, ${expiries} expiries: ${lost} connections lost, ${answered} calls of survivors answered, ${failed} not; ` +
        `${renewals} renewals given, ${refused} refused, ${kept} of the killed committed`,
      ok:
        rounds === ROUNDS &&
        expiries === 200 * ROUNDS &&
        answered === 150 * ROUNDS &&
        renewals === 2 * ROUNDS &&
        lost + failed + refused + kept === 0,
    }
  },
})

const sum = (counts: { readonly [outcome: string]: number }) =>
  Object.values(counts).reduce((total, one) => total + one, 0)
