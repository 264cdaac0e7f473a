import { judgeZone, transitionsOf } from '../support/dst.ts'

export const title = 'all zones’ DST transitions 2020-2035'

/** Every zone by itself, with times of day and half hours around each change of its clock. */
export async function run(): Promise<{ figure: string; ok: boolean }> {
  const total = { zones: 0, transitions: 0, due: 0, missed: 0, doubled: 0 }
  const wrong: string[] = []
  for (const zone of Intl.supportedValuesOf('timeZone')) {
    const transitions = transitionsOf(zone)
    const verdict = judgeZone(zone, transitions, { thorough: true })
    total.zones += 1
    total.transitions += transitions.length
    total.due += verdict.due
    total.missed += verdict.missed
    total.doubled += verdict.doubled
    if (verdict.first) wrong.push(verdict.first)
  }
  const figure = `${total.zones} zones, ${total.transitions} transitions, ${total.due} due times: ${total.missed} missed, ${total.doubled} double`
  return {
    figure: [figure, ...wrong.slice(0, 5)].join('; '),
    ok: total.missed + total.doubled === 0 && total.due > 100_000,
  }
}
