import { type Answer, json, notFound } from './answers.ts'
import { DAY, dayOf, isoDay, organisationDay } from './clock.ts'
import type { Query } from './listing.ts'
import { isSale, openAmount } from './model.ts'
import { fromCents } from './money.ts'
import { postings } from './postings.ts'
import { type Account, ACCOUNTS, accountId } from './settings.ts'
import { envelope, type Wire } from './wire.ts'
import { ORGANISATION_NAME } from './wire-settings.ts'
import type { World } from './world.ts'

/** Reports have texts for values; rows of accounts and invoices carry their ids in every cell. */
export function readReport(world: World, name: string, query: Query): Answer {
  const today = organisationDay(world.clock.now())
  switch (name.toLowerCase()) {
    case 'trialbalance':
      return report(world, 'TrialBalance', 'Trial Balance', trialBalance(world, dayIn(query.date) ?? today))
    case 'profitandloss':
      return report(world, 'ProfitAndLoss', 'Income Statement', profitAndLoss(world, query, today))
    case 'agedreceivablesbycontact': {
      const contact = world.books.contacts.get(query.contactid?.toLowerCase() ?? '')
      if (!contact) return notFound()
      const rows = agedReceivables(world, contact.id, dayIn(query.date) ?? today)
      return report(world, 'AgedReceivablesByContact', 'Aged Receivables By Contact', rows)
    }
    default:
      return notFound()
  }
}

const dayIn = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{4}-\d\d-\d\d/.test(text) ? dayOf(text.slice(0, 10)) : undefined

function report(world: World, id: string, name: string, rows: readonly Wire[]): Answer {
  const now = world.clock.now()
  return json(
    200,
    envelope(now, 'Reports', [
      {
        ReportID: id,
        ReportName: name,
        ReportType: id,
        ReportTitles: [name, ORGANISATION_NAME],
        ReportDate: new Date(now).toUTCString().slice(5, 16),
        UpdatedDateUTC: `/Date(${now})/`,
        Fields: [],
        Rows: rows,
      },
    ]),
  )
}

const header = (...heads: readonly string[]): Wire => ({
  RowType: 'Header',
  Cells: heads.map((Value) => ({ Value })),
})
const section = (Title: string, Rows: readonly Wire[]): Wire => ({ RowType: 'Section', Title, Rows })
const row = (values: readonly string[], id?: readonly [string, string], RowType = 'Row'): Wire => ({
  RowType,
  Cells: values.map((Value) => ({ Value, ...(id ? { Attributes: [{ Value: id[1], Id: id[0] }] } : {}) })),
})
const money = (cents: number): string => fromCents(cents).toFixed(2)
const debit = (cents: number): string => (cents > 0 ? money(cents) : '')
const credit = (cents: number): string => (cents < 0 ? money(-cents) : '')
const named = (account: Account): string => `${account.name} (${account.code})`

/** Sums of postings by account from one day to another, both included. */
function sums(world: World, from: number, to: number): Map<string, number> {
  const all = new Map<string, number>()
  for (const { account, day, amount } of postings(world)) {
    if (day >= from && day <= to) all.set(account, (all.get(account) ?? 0) + amount)
  }
  return all
}

const CLASSES = [
  ['Revenue', 'REVENUE'],
  ['Expenses', 'EXPENSE'],
  ['Assets', 'ASSET'],
  ['Liabilities', 'LIABILITY'],
  ['Equity', 'EQUITY'],
] as const
const isResult = (account: Account): boolean => account.class === 'REVENUE' || account.class === 'EXPENSE'

/** The year begins on 1 April; what earlier years earned is in the retained earnings. */
function trialBalance(world: World, to: number): Wire[] {
  const date = new Date(to * DAY)
  const month = dayOf(isoDay(to).slice(0, 8).concat('01'))
  const year = dayOf(`${date.getUTCMonth() < 3 ? date.getUTCFullYear() - 1 : date.getUTCFullYear()}-04-01`)
  const [ofMonth, ofYear, ever] = [sums(world, month, to), sums(world, year, to), sums(world, -Infinity, to)]
  const earlier = ACCOUNTS.filter(isResult).reduce(
    (sum, { code }) => sum + (ever.get(code) ?? 0) - (ofYear.get(code) ?? 0),
    0,
  )
  const sections = CLASSES.map(([title, kind]) => {
    const rows = ACCOUNTS.filter((account) => account.class === kind).flatMap((account) => {
      const now = ofMonth.get(account.code) ?? 0
      const own = (isResult(account) ? ofYear : ever).get(account.code) ?? 0
      const total = account.system === 'RETAINEDEARNINGS' ? own + earlier : own
      if (now === 0 && total === 0) return []
      const id = ['account', accountId(world.books.seed, account.code)] as const
      return [row([named(account), debit(now), credit(now), debit(total), credit(total)], id)]
    })
    return section(title, rows)
  })
  const total = (part: (cents: number) => number, all: Map<string, number>, more = 0) =>
    money([...all.values(), more].reduce((sum, cents) => sum + part(cents), 0))
  const [up, down] = [(cents: number) => Math.max(cents, 0), (cents: number) => Math.max(-cents, 0)]
  const yearly = new Map(ACCOUNTS.map((one) => [one.code, (isResult(one) ? ofYear : ever).get(one.code) ?? 0]))
  const sum = [
    'Total',
    total(up, ofMonth),
    total(down, ofMonth),
    total(up, yearly, earlier),
    total(down, yearly, earlier),
  ]
  return [
    header('Account', 'Debit', 'Credit', 'YTD Debit', 'YTD Credit'),
    ...sections,
    section('', [row(sum, undefined, 'SummaryRow')]),
  ]
}

function profitAndLoss(world: World, query: Query, today: number): Wire[] {
  const to = dayIn(query.todate) ?? today
  const from = dayIn(query.fromdate) ?? dayOf(isoDay(to).slice(0, 8).concat('01'))
  const all = sums(world, from, to)
  const part = (title: string, total: string, fits: (account: Account) => boolean, sign: number) => {
    const accounts = ACCOUNTS.filter((account) => fits(account) && (all.get(account.code) ?? 0) !== 0)
    const value = ({ code }: Account) => sign * (all.get(code) ?? 0)
    const sum = accounts.reduce((whole, account) => whole + value(account), 0)
    const rows = accounts.map((account) =>
      row([named(account), money(value(account))], ['account', accountId(world.books.seed, account.code)]),
    )
    return { sum, wire: section(title, [...rows, row([total, money(sum)], undefined, 'SummaryRow')]) }
  }
  const costs = ({ type }: Account) => type === 'DIRECTCOSTS'
  const income = part('Income', 'Total Income', (account) => account.class === 'REVENUE', -1)
  const direct = part('Less Cost of Sales', 'Total Cost of Sales', costs, 1)
  const other = part(
    'Less Operating Expenses',
    'Total Operating Expenses',
    (account) => account.class === 'EXPENSE' && !costs(account),
    1,
  )
  const gross = income.sum - direct.sum
  return [
    header('', isoDay(to)),
    income.wire,
    direct.wire,
    section('', [row(['Gross Profit', money(gross)])]),
    other.wire,
    section('', [row(['Net Profit', money(gross - other.sum)])]),
  ]
}

/** Open sales invoices of one contact, the oldest first, in the currency of each. */
function agedReceivables(world: World, contactId: string, today: number): Wire[] {
  const contact = world.books.contacts.get(contactId)
  const open = (contact?.documents ?? [])
    .filter((one) => one.type === 'ACCREC' && isSale(one) && one.status === 'AUTHORISED' && one.date <= today)
    .sort((a, b) => a.date - b.date)
  const rows = open.map((one) => {
    const overdue = one.due === null || one.due >= today ? '' : `${today - one.due} days overdue`
    const values = [
      `${isoDay(one.date)}T00:00:00`,
      one.number,
      one.due === null ? '' : `${isoDay(one.due)}T00:00:00`,
      overdue,
      money(one.total),
      money(one.paid),
      money(one.credited),
      money(openAmount(one)),
    ]
    return row(values, ['invoiceID', one.id])
  })
  const sum = money(open.reduce((whole, one) => whole + openAmount(one), 0))
  return [
    header('Date', 'Number', 'Due Date', '', 'Total', 'Paid', 'Credited', 'Due'),
    section('', [...rows, row(['Total', '', '', '', '', '', '', sum], undefined, 'SummaryRow')]),
  ]
}
