import { expect, test } from 'vitest'
import { loadTemplates } from '../../server/api/flow/templates.ts'
import { QUIET, type QuietRun, quietRuns, SHOP_COLUMNS } from '../support/quiet-runs.ts'
import { type SceneOptions, setStage } from '../support/scene.ts'

// What a flow costs while nothing happens: for each template, at most three calls more than the fewest there can be.

const stage = setStage()
const MORE = 3

const CASES: readonly (readonly [string, SceneOptions])[] = [
  ['the books and Emarsys', { contacts: 20, invoices: 50, creditNotes: 4, money: { prepayments: 3, overpayments: 2 } }],
  [
    'a shop',
    {
      ...{ contacts: 2, invoices: 2, creditNotes: 0, salesColumns: SHOP_COLUMNS },
      shop: { orders: 30, customers: 6, currency: 'GBP' },
    },
  ],
]

test.each(CASES)(
  'nothing has changed: templates of %s take at most three calls more than the fewest',
  async (_, has) => {
    const runs = await quietRuns(stage, await stage.open(has))
    const wasteful = ({ least, calls, sent }: QuietRun) => calls > least + MORE || sent > 0
    expect(runs.filter(wasteful)).toEqual([])
    // Fewer than the fewest would mean that they are counted wrongly.
    expect(runs.filter(({ least, calls }) => calls < least)).toEqual([])
  },
)

test('no template is left out', () => {
  expect([...QUIET].sort()).toEqual([...loadTemplates().keys()].sort())
})
