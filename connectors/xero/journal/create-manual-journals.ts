import { Type } from 'typebox'
import {
  CONFIRMED,
  type Context,
  type DataRecord,
  defineWrite,
  type Outcome,
  type WriteItem,
} from '../../kit/connector.ts'
import { plainDecimal, sumOf } from '../../kit/decimal.ts'
import { fieldsOf, listOf, textOf } from '../../kit/fields.ts'
import { dayOf } from '../write/amounts.ts'
import { getList } from '../client/client.ts'
import { amount, day, invalid } from '../write/document-payload.ts'
import { isAskable, ofDays } from '../read/filters.ts'
import { journalsWhere, mark, VERSION_ROOM } from './journal-keys.ts'
import { assembled, comparedRow, journalRows, linesOf, reversedRow } from './journal-rows.ts'
import { ACCOUNTS } from '../setting/list-accounts.ts'
import { LOCK_PERMISSIONS, refuseLocked } from '../write/lock-dates.ts'
import { JOURNAL_MONEY } from '../read/money-fields.ts'
import { Amount, Text, Tracking } from '../write/payload-fields.ts'
import { isActive } from '../read/whole-list.ts'
import { KEY_KEPT_MS, MOST_ELEMENTS, sendList } from '../write/writes.ts'

const permissions = ['accounting.manualjournals']
const LONGEST_KEY = 100
const LONGEST_NARRATION = 4000
/** Lines of one journal: the rows that are taken back, and as many new ones, still are one journal of Xero's. */
const MOST_LINES = 1000

/** Two decimals at most: whatever is booked is money. */
const CENTS = /^-?\d+(\.\d{1,2})?$/

/**
 * A manual journal has no reference in Xero. Its key stands in the narration, in square brackets, and that is how one
 * is found again among those of its day. By difference a journal is never edited: what changed is one more journal.
 */
export const createManualJournals = defineWrite({
  name: 'create-manual-journals',
  title: 'Create manual journals',
  summary:
    'Books balanced journals, each once for its key, which stands in the narration; what changes later as its difference.',
  synonyms: ['journal entry', 'accrual', 'daily summary', 'post journal'],
  settings: Type.Object(
    {
      status: Type.Union(
        [
          Type.Literal('DRAFT', { title: 'Draft: a person posts it in Xero' }),
          Type.Literal('POSTED', { title: 'Posted: it is in the books at once' }),
        ],
        { title: 'Created as', default: 'DRAFT' },
      ),
      amounts: Type.Union(
        [
          Type.Literal('NoTax', { title: 'Without tax' }),
          Type.Literal('Exclusive', { title: 'Net: Xero adds the tax of each line' }),
          Type.Literal('Inclusive', { title: 'Gross: the tax of each line is in it' }),
        ],
        { title: 'Amounts are', default: 'NoTax' },
      ),
      cashBasis: Type.Boolean({ title: 'Show on cash basis reports', default: true }),
    },
    { additionalProperties: false },
  ),
  permissions: [...permissions, ...LOCK_PERMISSIONS],
  moneyFields: JOURNAL_MONEY,
  effect: 'keyed',
  keyWindowMs: KEY_KEPT_MS,
  policies: ['once-per-key', 'difference', 'every-time'],
  rules: [
    {
      rule: 'needs-key',
      setting: 'record',
      key: 'Key',
      severity: 'error',
      message: 'Give each journal a “Key” that is its own, such as the day it sums up. By it a repeat is known.',
    },
  ],
  payload: Type.Object(
    {
      Key: Type.String({
        title: 'Key',
        description: 'Of this one journal; it stands in the narration',
        minLength: 1,
        maxLength: LONGEST_KEY,
      }),
      Narration: Type.String({ title: 'Narration', minLength: 1, maxLength: LONGEST_NARRATION }),
      Date: Text('Date, YYYY-MM-DD'),
      Url: Type.Optional(Text('Address of the source', 2000)),
      JournalLines: Type.Array(
        Type.Object(
          {
            LineAmount: Amount('Amount: debits above zero, credits below'),
            AccountCode: Text('Account code', 10),
            Description: Type.Optional(Text('Description', 4000)),
            TaxType: Type.Optional(Text('Tax type', 50)),
            TaxAmount: Type.Optional(Amount('Tax that Xero will compute; looked at for the balance and not sent')),
            Tracking: Type.Optional(Tracking),
          },
          { additionalProperties: false },
        ),
        { title: 'Lines', description: 'None, by difference: nothing is to stand any more', maxItems: MOST_LINES },
      ),
    },
    { additionalProperties: false, title: 'Manual journal' },
  ),
  maxBatch: MOST_ELEMENTS,
  prepare({ amounts }, payload) {
    const key = textOf(payload.Key).trim()
    if (key === '' || !isAskable(key) || /[[\]]/.test(key)) {
      throw wrong('its key is empty, or has quotes, backslashes or square brackets.')
    }
    const narration = `${textOf(payload.Narration).trim()} ${mark(key)}`
    if (narration.length + VERSION_ROOM > LONGEST_NARRATION)
      throw wrong(`its narration is longer than ${LONGEST_NARRATION}.`)
    const lines = listOf(payload.JournalLines).map(fieldsOf)
    if (lines.length === 1) throw wrong('it has a single line; debits and credits are two at least.')
    balance(amounts, lines)
    return {
      Key: key,
      Narration: narration,
      Date: day('journal', payload.Date, 'Date'),
      ...(payload.Url === undefined ? {} : { Url: payload.Url }),
      JournalLines: lines.map(({ TaxAmount: _, ...line }) => ({
        ...line,
        LineAmount: amount('journal', line.LineAmount, 'LineAmount'),
      })),
    }
  },
  key: (_settings, payload) => textOf(payload.Key),
  difference: {
    rows: (_settings, payload) => journalRows(payload),
    reverse: (_settings, row, document) => reversedRow(row, document),
    compared: comparedRow,
    together: true,
  },
  check,
  async write(context, items, call) {
    const outcomes: Outcome[] = items.map(() => CONFIRMED)
    // Changes that cancel each other out, such as another order of the same amount, book nothing.
    const sent = assembled(items).filter(({ journal }) => listOf(journal.JournalLines).length > 0)
    if (sent.length === 0) return outcomes
    const answers = await sendList(context, {
      method: 'PUT',
      path: '/ManualJournals',
      list: 'ManualJournals',
      elements: sent.map(({ journal: { Key: _, ...journal } }) => ({
        ...journal,
        Status: context.settings.status,
        LineAmountTypes: context.settings.amounts,
        ShowOnCashBasisReports: context.settings.cashBasis,
      })),
      doing: 'create manual journals',
      permissions,
      key: call.id,
    })
    for (const [at, { items: mine }] of sent.entries()) for (const item of mine) outcomes[item] = answers[at]!
    return outcomes
  },
  async probe(context, items) {
    const answers: ('arrived' | 'absent' | 'unclear')[] = items.map(() => 'unclear')
    const byDay = new Map<string, readonly DataRecord[]>()
    for (const { journal, items: mine } of assembled(items)) {
      if (listOf(journal.JournalLines).length === 0) {
        for (const item of mine) answers[item] = 'arrived'
        continue
      }
      const of = textOf(journal.Date)
      if (!byDay.has(of)) byDay.set(of, await journalsOf(context, of))
      const marked = /\[[^[\]]*\]$/.exec(textOf(journal.Narration))?.[0] ?? mark(textOf(journal.Key))
      const found = (byDay.get(of) ?? []).filter(({ Narration: text }) => textOf(text).includes(marked))
      const answer = found.length === 0 ? 'absent' : found.some((one) => isLike(one, journal)) ? 'arrived' : 'unclear'
      for (const item of mine) answers[item] = answer
    }
    return answers
  },
})

/** Debits and credits, in decimals. With tax on top Xero's own sum counts; without the tax it cannot be known here. */
function balance(amounts: string, lines: readonly DataRecord[]): void {
  const parts: string[] = []
  for (const line of lines) {
    for (const name of ['LineAmount', ...(amounts === 'Exclusive' ? ['TaxAmount'] : [])]) {
      const taxed = !['', 'NONE'].includes(textOf(line.TaxType))
      if (name === 'TaxAmount' && line.TaxAmount === undefined && taxed) return
      const text = plainDecimal(line[name] ?? 0)
      if (text === undefined || !CENTS.test(text)) throw wrong(`“${name}” of a line is no amount of two decimals.`)
      parts.push(text)
    }
  }
  const sum = sumOf(parts)
  if (sum !== '0') throw wrong(`its debits and credits differ by ${sum}.`)
}

type Rejection = Extract<Outcome, { readonly status: 'rejected' }>

/** Xero drops a line whose account it does not know, with a mere warning. So accounts are looked at before. */
async function check(context: Context, items: readonly WriteItem[]): Promise<readonly (Rejection | undefined)[]> {
  const byRows = items.some(({ value }) => value.JournalLines === undefined)
  if (byRows && fieldsOf(context.settings).amounts === 'Exclusive') {
    // Xero rounds the tax of each line anew, so that a difference need not balance.
    const message = 'Nothing was sent: a difference cannot be booked net. Choose gross amounts, or none with tax.'
    return items.map(() => ({ status: 'rejected', code: 'INVALID_INPUT', message }))
  }
  const locked = await refuseLocked(context, items, ({ value }) => textOf(value.Date))
  const { records } = await getList(context, ACCOUNTS)
  const accounts = new Map(records.map((account) => [textOf(account.Code), account]))
  return items.map(({ value }, at) => {
    if (locked[at]) return locked[at]
    const lines = linesOf(value)
    if (lines.length === 0) return { status: 'rejected', code: 'INVALID_INPUT', message: 'A journal needs lines.' }
    for (const line of lines) {
      const why = unusable(textOf(line.AccountCode), accounts.get(textOf(line.AccountCode)))
      if (why) return why
    }
    return undefined
  })
}

function unusable(code: string, account: DataRecord | undefined): Rejection | undefined {
  const because = (reason: string, named: Rejection['code']): Rejection => ({
    status: 'rejected',
    code: named,
    message: `Nothing was sent: ${reason}`,
  })
  if (!account) return because(`there is no account with the code ${code}.`, 'INVALID_INPUT')
  if (!isActive(account)) return because(`the account ${code} is archived.`, 'TARGET_INACTIVE')
  if (account.Type !== 'BANK' && account.Type !== 'INVENTORY' && !account.SystemAccount) return undefined
  return because(`the account ${code} is one of Xero's own or a bank account; no journal may use it.`, 'INVALID_INPUT')
}

/** Those of one day that are in force, drafts too. */
async function journalsOf(context: Context, of: string): Promise<readonly DataRecord[]> {
  const to = new Date(Date.parse(of) + 86_400_000).toISOString().slice(0, 10)
  const where = ofDays({ from: of, to })
  return (await journalsWhere(context, { where, doing: 'look for manual journals', permissions })).journals
}

function isLike(found: DataRecord, sent: DataRecord): boolean {
  const amounts = (journal: DataRecord) =>
    listOf(journal.JournalLines)
      .map(fieldsOf)
      .map(({ AccountCode: code, LineAmount: value }) => `${textOf(code)} ${plainDecimal(value)}`)
      .sort()
      .join()
  return found.Status !== 'VOIDED' && dayOf(found.Date) === sent.Date && amounts(found) === amounts(sent)
}

const wrong = (reason: string) => invalid('journal', reason)
