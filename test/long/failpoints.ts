import { type Case, type How, namedPoints, openSweep } from '../proof/failpoints.ts'
import type { Stage } from '../support/scene.ts'
import type { Proof } from './proof.ts'

const TITLES: { readonly [how in How]: string } = {
  throw: 'code that fails at every named point, 1st and 2nd hit',
  kill: 'processes killed at every named point, 1st and 2nd hit',
  freeze: 'processes frozen for three leases at every named point, 1st and 2nd hit',
}

/** Each point by itself: a run meets it, and what arrived in the end is counted. */
export const failpoints = (stage: Stage): readonly Proof[] =>
  Object.entries(TITLES).map(([how, title]) => ({
    title,
    async run() {
      const sweep = await openSweep(stage, new AbortController().signal)
      const faults: string[] = []
      let met = 0
      const points = namedPoints()
      const cases = points.flatMap((point) => [1, 2].map((hit): Case => ({ point, hit, how: how as How })))
      for (const one of cases) {
        const wrong = await sweep.run(one)
        if (!wrong) continue
        met += 1
        faults.push(...wrong.map((fault) => `${one.point}, hit ${one.hit}: ${fault}`))
      }
      return {
        figure: [`${points.length} points, ${met} cases met: ${faults.length} faults`, ...faults.slice(0, 5)].join(
          '; ',
        ),
        ok: faults.length === 0 && met > 40,
      }
    },
  }))
