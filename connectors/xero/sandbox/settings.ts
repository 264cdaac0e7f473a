import { ID_KIND, uuidOf } from './random.ts'

/** The organisation's fixed frame: a small UK chart of accounts and tax rates. Read only here. */
export type Account = {
  readonly code: string
  readonly name: string
  readonly type: string
  readonly class: 'ASSET' | 'EQUITY' | 'EXPENSE' | 'LIABILITY' | 'REVENUE'
  readonly tax: string
  readonly payments?: true
  readonly system?: string
  readonly bankNumber?: string
}

export const ACCOUNTS: readonly Account[] = [
  {
    code: '090',
    name: 'Business Bank Account',
    type: 'BANK',
    class: 'ASSET',
    tax: 'NONE',
    bankNumber: '20000012345678',
  },
  { code: '091', name: 'Business Savings', type: 'BANK', class: 'ASSET', tax: 'NONE', bankNumber: '20000087654321' },
  { code: '200', name: 'Sales', type: 'REVENUE', class: 'REVENUE', tax: 'OUTPUT2' },
  { code: '201', name: 'Services', type: 'REVENUE', class: 'REVENUE', tax: 'OUTPUT2' },
  { code: '260', name: 'Other Revenue', type: 'REVENUE', class: 'REVENUE', tax: 'ZERORATEDOUTPUT' },
  { code: '310', name: 'Cost of Goods Sold', type: 'DIRECTCOSTS', class: 'EXPENSE', tax: 'INPUT2' },
  { code: '400', name: 'Advertising & Marketing', type: 'OVERHEADS', class: 'EXPENSE', tax: 'INPUT2' },
  { code: '429', name: 'General Expenses', type: 'OVERHEADS', class: 'EXPENSE', tax: 'INPUT2' },
  {
    code: '499',
    name: 'Realised Currency Gains',
    type: 'EXPENSE',
    class: 'EXPENSE',
    tax: 'NONE',
    system: 'REALISEDCURRENCYGAIN',
  },
  { code: '610', name: 'Accounts Receivable', type: 'CURRENT', class: 'ASSET', tax: 'NONE', system: 'DEBTORS' },
  { code: '800', name: 'Accounts Payable', type: 'CURRLIAB', class: 'LIABILITY', tax: 'NONE', system: 'CREDITORS' },
  { code: '801', name: 'Accruals', type: 'CURRLIAB', class: 'LIABILITY', tax: 'NONE' },
  { code: '820', name: 'VAT', type: 'CURRLIAB', class: 'LIABILITY', tax: 'NONE', system: 'GST' },
  { code: '825', name: 'Sales Clearing', type: 'CURRLIAB', class: 'LIABILITY', tax: 'NONE' },
  { code: '835', name: 'Directors Loan', type: 'CURRLIAB', class: 'LIABILITY', tax: 'NONE', payments: true },
  { code: '860', name: 'Rounding', type: 'CURRLIAB', class: 'LIABILITY', tax: 'NONE', system: 'ROUNDING' },
  {
    code: '960',
    name: 'Retained Earnings',
    type: 'EQUITY',
    class: 'EQUITY',
    tax: 'NONE',
    system: 'RETAINEDEARNINGS',
  },
]

/** What is sold, as the item list has it. Its prices are in ten-thousandths. */
export const ITEMS = [
  { code: 'TOTE', name: 'Canvas tote bag', sale: 121_200, purchase: 40_000, account: '200', cost: '310' },
  { code: 'MUG', name: 'Enamel mug', sale: 95_000, purchase: 31_250, account: '200', cost: '310' },
  { code: 'WORKSHOP', name: 'Workshop, half a day', sale: 2_500_000, purchase: 0, account: '201', cost: '' },
] as const

export const GROUPS = ['Wholesale', 'Newsletter', 'On hold'] as const

export type TaxRate = {
  readonly type: string
  readonly name: string
  /** Basis points. */
  readonly rate: number
  readonly reportType: string
  /** Which class of account may carry it. */
  readonly for: 'sales' | 'purchases' | 'any'
}

export const TAX_RATES: readonly TaxRate[] = [
  { type: 'OUTPUT2', name: '20% (VAT on Income)', rate: 2000, reportType: 'OUTPUT', for: 'sales' },
  { type: 'INPUT2', name: '20% (VAT on Expenses)', rate: 2000, reportType: 'INPUT', for: 'purchases' },
  { type: 'RROUTPUT', name: '5% (VAT on Income)', rate: 500, reportType: 'OUTPUT', for: 'sales' },
  { type: 'RRINPUT', name: '5% (VAT on Expenses)', rate: 500, reportType: 'INPUT', for: 'purchases' },
  { type: 'ZERORATEDOUTPUT', name: 'Zero Rated Income', rate: 0, reportType: 'ZERORATEDOUTPUT', for: 'sales' },
  { type: 'ZERORATEDINPUT', name: 'Zero Rated Expenses', rate: 0, reportType: 'ZERORATEDINPUT', for: 'purchases' },
  { type: 'EXEMPTOUTPUT', name: 'Exempt Income', rate: 0, reportType: 'EXEMPTOUTPUT', for: 'sales' },
  { type: 'NONE', name: 'No VAT', rate: 0, reportType: 'NONE', for: 'any' },
]

const accountByCode = new Map(ACCOUNTS.map((account) => [account.code, account]))
const taxByType = new Map(TAX_RATES.map((rate) => [rate.type, rate]))

export const accountOf = (code: string): Account | undefined => accountByCode.get(code)
export const taxRateOf = (type: string): TaxRate | undefined => taxByType.get(type)

export function accountId(seed: number, code: string): string {
  return uuidOf(seed, ID_KIND.account, Number(code))
}

export function accountWithId(seed: number, id: string): Account | undefined {
  return ACCOUNTS.find((account) => accountId(seed, account.code) === id.toLowerCase())
}

export const takesPayments = (account: Account): boolean => account.type === 'BANK' || account.payments === true

export function taxFits(rate: TaxRate, account: Account): boolean {
  if (rate.for === 'any') return true
  return rate.for === 'sales' ? account.class === 'REVENUE' : account.class !== 'REVENUE'
}

export const BASE_CURRENCY = 'GBP'
/** Others are refused: the organisation is subscribed to these only. */
export const CURRENCIES: readonly string[] = ['GBP', 'EUR']

/** A made-up day rate, euros per one pound: a slow wave around 1.16, six decimals, the same on every machine. */
export function dayRate(currency: string, day: number): number {
  if (currency === BASE_CURRENCY) return 1
  const wave = (day % 360) / 360
  const height = wave < 0.5 ? wave : 1 - wave
  return Math.round((1.13 + height * 0.12 + ((day * 7919) % 100) / 10_000) * 1_000_000) / 1_000_000
}
