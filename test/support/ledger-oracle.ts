// What Emarsys should hold, worked out from Xero's documents as its sandbox writes them on the wire. Shares no code with
// the product: whole-number fractions here, decimals there.

type Wire = { readonly [field: string]: unknown }

export type ExpectedRow = {
  readonly document: string
  readonly day: string
  readonly currency: string
  /** Cents of the organisation's currency and of the document's. */
  readonly price: bigint
  readonly original: bigint
  readonly item: string
}

const list = (value: unknown): readonly Wire[] => (Array.isArray(value) ? (value as Wire[]) : [])

/** A decimal as a fraction: 12.5 is 125 / 10. */
function fraction(value: unknown): { n: bigint; d: bigint } {
  const text = String(value ?? 0)
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(text)
  if (!match) throw new Error(`not a number: ${text}`)
  const [, sign, whole = '0', part = '', exponent = '0'] = match
  const power = Number(exponent) - part.length
  const n = BigInt(`${sign}${whole}${part}`)
  return power >= 0 ? { n: n * 10n ** BigInt(power), d: 1n } : { n, d: 10n ** BigInt(-power) }
}

/** Rounds a fraction to a whole number, halves away from zero. */
function round(n: bigint, d: bigint): bigint {
  const [a, b] = d < 0n ? [-n, -d] : [n, d]
  const size = ((a < 0n ? -a : a) * 2n + b) / (2n * b)
  return a < 0n ? -size : size
}

const cents = (value: unknown): bigint => {
  const { n, d } = fraction(value)
  return round(n * 100n, d)
}

/** An amount in cents of the document's currency, in the organisation's. The rate counts foreign units per one of ours. */
function inBase(amount: bigint, rate: unknown): bigint {
  const { n, d } = fraction(rate ?? 1)
  return round(amount * d, n)
}

/** Splits a total over weights; each part rounded, the last takes what is left. */
function share(total: bigint, weights: readonly bigint[]): bigint[] {
  const sum = weights.reduce((a, b) => a + b, 0n)
  let left = total
  return weights.map((weight, index) => {
    if (index === weights.length - 1) return left
    const part = sum === 0n ? 0n : round(total * weight, sum)
    left -= part
    return part
  })
}

/** 2026-11-03 of `/Date(1793664000000+0000)/`. */
const dayOf = (value: unknown): string => new Date(Number(/-?\d+/.exec(String(value))![0])).toISOString().slice(0, 10)

function linesOf(document: Wire): { lines: readonly Wire[]; nets: bigint[] } {
  const lines = list(document.LineItems).filter((line) => line.LineAmount !== undefined && line.LineAmount !== null)
  const included = document.LineAmountTypes === 'Inclusive'
  return { lines, nets: lines.map((line) => cents(line.LineAmount) - (included ? cents(line.TaxAmount) : 0n)) }
}

const itemOf = (line: Wire): string =>
  line.ItemCode
    ? String(line.ItemCode)
    : `account-${line.AccountCode === undefined ? 'none' : String(line.AccountCode)}`

function rowsOf(document: Wire, name: string, net: bigint, day: string, sign: bigint): ExpectedRow[] {
  const { lines, nets } = linesOf(document)
  const prices = share(sign * inBase(net, document.CurrencyRate), nets)
  const originals = share(sign * net, nets)
  return lines.map((line, index) => ({
    document: name,
    day,
    currency: String(document.CurrencyCode),
    price: prices[index]!,
    original: originals[index]!,
    item: itemOf(line),
  }))
}

/** Rows by document. `documents` are full wire forms of all invoices and credit notes. */
export function expectedRows(documents: readonly Wire[]): Map<string, ExpectedRow[]> {
  const expected = new Map<string, ExpectedRow[]>()
  const paid = new Set<string>()
  for (const invoice of documents) {
    if (invoice.Type !== 'ACCREC' || invoice.Status !== 'PAID') continue
    paid.add(String(invoice.InvoiceID))
    const name = `invoice ${String(invoice.InvoiceID)}`
    expected.set(name, rowsOf(invoice, name, cents(invoice.SubTotal), dayOf(invoice.FullyPaidOnDate), 1n))
  }
  for (const note of documents) {
    if (note.Type !== 'ACCRECCREDIT' || !['AUTHORISED', 'PAID'].includes(String(note.Status))) continue
    const name = `credit note ${String(note.CreditNoteID)}`
    const parts = [
      ...list(note.Allocations).map((one) => ({
        amount: cents(one.Amount),
        day: dayOf(one.Date),
        counts: paid.has(String((one.Invoice as Wire).InvoiceID)),
      })),
      ...list(note.Payments)
        .filter((one) => one.Status !== 'DELETED')
        .map((one) => ({ amount: cents(one.Amount), day: dayOf(one.Date), counts: true })),
    ]
    const left = cents(note.RemainingCredit)
    if (left > 0n) parts.push({ amount: left, day: '', counts: false })
    const nets = share(
      cents(note.SubTotal),
      parts.map((part) => part.amount),
    )
    expected.set(
      name,
      parts.flatMap((part, index) => (part.counts ? rowsOf(note, name, nets[index]!, part.day, -1n) : [])),
    )
  }
  return expected
}

const decimal = (value: bigint): string => {
  const size = (value < 0n ? -value : value).toString().padStart(3, '0')
  return `${value < 0n ? '-' : ''}${size.slice(0, -2)}.${size.slice(-2)}`
}

/** Sums by day, and by day and original currency, as decimals; days that add up to nothing are left out. */
export function totalsOf(rows: Iterable<ExpectedRow>): {
  perDay: Record<string, string>
  perDayAndCurrency: Record<string, string>
} {
  const days = new Map<string, bigint>()
  const currencies = new Map<string, bigint>()
  const add = (map: Map<string, bigint>, key: string, value: bigint) => map.set(key, (map.get(key) ?? 0n) + value)
  for (const row of rows) {
    add(days, row.day, row.price)
    add(currencies, `${row.day} ${row.currency}`, row.original)
  }
  const shown = (map: Map<string, bigint>) =>
    Object.fromEntries(
      [...map]
        .filter(([, value]) => value !== 0n)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, value]) => [key, decimal(value)]),
    )
  return { perDay: shown(days), perDayAndCurrency: shown(currencies) }
}

/** How many rows have to be sent to get from one state to the other: those that go and those that come. */
export function rowsBetween(
  before: ReadonlyMap<string, ExpectedRow[]>,
  after: ReadonlyMap<string, ExpectedRow[]>,
): number {
  let count = 0
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const bag = new Map<string, number>()
    for (const [rows, sign] of [
      [before.get(name) ?? [], -1],
      [after.get(name) ?? [], 1],
    ] as const) {
      for (const row of rows) {
        const key = `${row.day} ${row.currency} ${row.price} ${row.original} ${row.item}`
        bag.set(key, (bag.get(key) ?? 0) + sign)
      }
    }
    for (const difference of bag.values()) count += Math.abs(difference)
  }
  return count
}

/** The sandbox's own totals in the same shape. */
export function sandboxTotals(sandbox: {
  readonly totals: {
    perDay(): { [day: string]: string }
    perDayAndCurrency(): { day: string; currency: string; price: string; original: string }[]
  }
}): { perDay: Record<string, string>; perDayAndCurrency: Record<string, string> } {
  const plain = (text: string) => decimal(cents(text))
  const sorted = (entries: [string, string][]) =>
    Object.fromEntries(entries.filter(([, value]) => value !== '0.00').sort(([a], [b]) => (a < b ? -1 : 1)))
  return {
    perDay: sorted(Object.entries(sandbox.totals.perDay()).map(([day, sum]) => [day, plain(sum)])),
    perDayAndCurrency: sorted(
      sandbox.totals.perDayAndCurrency().map((one) => [`${one.day} ${one.currency}`, plain(one.original)]),
    ),
  }
}
