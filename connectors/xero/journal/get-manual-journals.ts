import { Type } from 'typebox'
import { type DataRecord, defineLookup } from '../../kit/connector.ts'
import { plainDecimal, sumOf } from '../../kit/decimal.ts'
import { StepError } from '../../kit/errors.ts'
import { fieldsOf, listOf, textOf } from '../../kit/fields.ts'
import { allSound } from '../../kit/shape.ts'
import { sinceDay } from '../read/filters.ts'
import { bears, journalsWhere } from './journal-keys.ts'
import { manualJournalFlaw } from '../read/shapes.ts'

const permissions = ['accounting.manualjournals.read']
const DAY = /\d{4}-\d{2}-\d{2}/

export const getManualJournals = defineLookup({
  name: 'get-manual-journals',
  title: 'Get manual journals by their key',
  summary:
    'Finds the journals that bear a key in their narration, corrections too, and adds up what they book to an account.',
  synonyms: ['daily summary', 'control total', 'tie out', 'journal entries'],
  settings: Type.Object(
    {
      account: Type.String({
        title: 'Account to add up',
        description: 'Code of the account whose amounts make the control total, such as the one for clearing.',
        pattern: '\\S',
        maxLength: 10,
        'x-options': 'accounts',
      }),
    },
    { additionalProperties: false },
  ),
  permissions,
  moneyFields: ['total', 'draft'],
  maxBatch: 500,
  /** One call for a thousand journals. A day within the keys says since when they are looked for: none is dated before it. */
  async find(context, keys) {
    const days = keys.map((key) => DAY.exec(key)?.[0])
    const earliest = days.includes(undefined) ? undefined : [...days].sort()[0]
    const { journals, more } = await journalsWhere(context, {
      where: earliest === undefined ? '' : sinceDay(earliest),
      doing: 'look for manual journals',
      permissions,
    })
    if (more) {
      const since = earliest === undefined ? 'at all' : `since ${earliest}`
      throw new StepError('INVALID_INPUT', `There are more than 10,000 journals ${since}: ask for fewer days at once.`)
    }
    const found = new Map<string, DataRecord>()
    for (const key of keys) {
      const mine = journals.filter(({ Narration: text }) => bears(textOf(text), key))
      if (mine.length > 0) found.set(key, tallied(allSound(mine, manualJournalFlaw), context.settings.account))
    }
    return found
  },
})

function tallied(journals: readonly DataRecord[], account: string): DataRecord {
  const of = (status: string) => journals.filter(({ Status: is }) => is === status)
  const booked = (some: readonly DataRecord[]) =>
    Number(
      sumOf(
        some
          .flatMap(({ JournalLines: lines }) => listOf(lines).map(fieldsOf))
          .filter(({ AccountCode: code }) => code === account)
          .map(({ LineAmount: amount }) => plainDecimal(amount) ?? '0'),
      ),
    )
  return {
    total: booked(of('POSTED')),
    posted: of('POSTED').length,
    draft: booked(of('DRAFT')),
    drafts: of('DRAFT').length,
    voided: of('VOIDED').length,
    journals: journals.map(({ ManualJournalID, Narration, Date: day, Status }) => ({
      ...{ ManualJournalID, Narration, Date: day, Status },
    })),
  }
}
