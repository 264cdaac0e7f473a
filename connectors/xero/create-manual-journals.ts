import { Type } from 'typebox'
import { type Context, type DataRecord, defineWrite, type Outcome, type WriteItem } from '../kit/connector.ts'
import { plainDecimal, sumOf } from '../kit/decimal.ts'
import { fieldsOf, listOf, textOf } from '../kit/fields.ts'
import { dayOf } from './amounts.ts'
import { getList } from './client.ts'
import { amount, day, invalid } from './document-payload.ts'
import { isAskable, ofDays } from './filters.ts'
import { ACCOUNTS } from './list-accounts.ts'
import { LOCK_PERMISSIONS, refuseLocked } from './lock-dates.ts'
import { JOURNAL_MONEY } from './money-fields.ts'
import { Amount, Text, Tracking } from './payload-fields.ts'
import { isActive } from './whole-list.ts'
import { KEY_KEPT_MS, MOST_ELEMENTS, sendList } from './writes.ts'

const permissions = ['accounting.manualjournals']
const LONGEST_KEY = 100
const LONGEST_NARRATION = 4000
/** Journals of one day that are looked through for a key: more than anybody books in a day. */
const MOST_PAGES = 10

/** Two decimals at most: whatever is booked is money. */
const CENTS = /^-?\d+(\.\d{1,2})?$/

/**
 * A manual journal has no reference in Xero. Its key stands in the narration, in square brackets, and that is how one
 * is found again among those of its day.
 */
export const createManualJournals = defineWrite({
  name: 'create-manual-journals',
  title: 'Create manual journals',
  summary: 'Books balanced journals, each once for its key, which stands in the narration.',
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
  policies: ['once-per-key', 'every-time'],
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
        { title: 'Lines', minItems: 2, maxItems: 1000 },
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
    const narration = `${textOf(payload.Narration).trim()} [${key}]`
    if (narration.length > LONGEST_NARRATION) throw wrong(`its narration is longer than ${LONGEST_NARRATION}.`)
    const lines = listOf(payload.JournalLines).map(fieldsOf)
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
  check,
  write: (context, items, call) =>
    sendList(context, {
      method: 'PUT',
      path: '/ManualJournals',
      list: 'ManualJournals',
      elements: items.map(({ value: { Key: _, ...journal } }) => ({
        ...journal,
        Status: context.settings.status,
        LineAmountTypes: context.settings.amounts,
        ShowOnCashBasisReports: context.settings.cashBasis,
      })),
      doing: 'create manual journals',
      permissions,
      key: call.id,
    }),
  async probe(context, items) {
    const byDay = new Map<string, readonly DataRecord[]>()
    for (const { value } of items) {
      const of = textOf(value.Date)
      if (!byDay.has(of)) byDay.set(of, await journalsOf(context, of))
    }
    return items.map(({ value }) => {
      const mine = (byDay.get(textOf(value.Date)) ?? []).filter(({ Narration: text }) =>
        textOf(text).includes(`[${textOf(value.Key)}]`),
      )
      if (mine.length === 0) return 'absent'
      return mine.some((journal) => isLike(journal, value)) ? 'arrived' : 'unclear'
    })
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
  const locked = await refuseLocked(context, items, ({ value }) => textOf(value.Date))
  const { records } = await getList(context, ACCOUNTS)
  const accounts = new Map(records.map((account) => [textOf(account.Code), account]))
  return items.map(({ value }, at) => {
    if (locked[at]) return locked[at]
    for (const line of listOf(value.JournalLines).map(fieldsOf)) {
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
  const found: DataRecord[] = []
  for (let page = 1; page <= MOST_PAGES; page++) {
    const { records, pagination } = await getList(context, {
      path: '/ManualJournals',
      list: 'ManualJournals',
      doing: 'look for manual journals',
      permissions,
      query: { where: ofDays({ from: of, to }), page, pageSize: 1000 },
    })
    found.push(...records)
    if (records.length === 0 || page >= (pagination?.pageCount ?? page)) break
  }
  return found.filter(({ Status: status }) => status !== 'DELETED')
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
