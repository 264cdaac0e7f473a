import { checkColumns, timeOf } from './csv.ts'
import { DecimalSum } from './decimal.ts'

/** One accepted row: its columns as text, when it came (milliseconds since 1970) and with which upload. */
export type SalesRow = { readonly at: number; readonly upload: number } & { readonly [column: string]: string | number }

export type Duplicate = {
  readonly row: SalesRow
  /** How often the very same values were accepted; all but one are probably too much. */
  readonly times: number
  readonly uploads: readonly number[]
}

const textAt = (row: SalesRow, column: string): string => {
  const value = row[column]
  return typeof value === 'string' ? value : ''
}

/**
 * Every sales row ever accepted. Nothing is de-duplicated and nothing can be taken out: what was sent twice counts
 * twice, as it would in a live account.
 */
export class SalesBook {
  readonly columns: readonly string[]
  /** The column that says who bought: `customer` or `email`. */
  readonly identity: 'customer' | 'email'
  readonly rows: SalesRow[] = []
  /** Buyers nobody knew when their row came, with the number of such rows: each became a pseudo contact. */
  readonly pseudoContacts = new Map<string, number>()
  uploads = 0
  // One object per distinct text: codes, customers and times repeat in nearly every row.
  readonly #texts = new Map<string, string>()

  /** Throws when no account could agree on these columns. */
  constructor(columns: readonly string[]) {
    checkColumns(columns)
    this.columns = columns
    this.identity = columns.includes('customer') ? 'customer' : 'email'
  }

  accept(rows: readonly (readonly string[])[], at: number, isKnown: (buyer: string) => boolean): void {
    const upload = ++this.uploads
    for (const cells of rows) {
      const row: { [column: string]: string | number } = { at, upload }
      let index = 0
      for (const column of this.columns) row[column] = this.#shared(cells[index++] ?? '')
      // The two numbers were set above; an index signature cannot say so.
      const accepted = row as SalesRow
      const buyer = textAt(accepted, this.identity)
      if (!isKnown(buyer)) this.pseudoContacts.set(buyer, (this.pseudoContacts.get(buyer) ?? 0) + 1)
      this.rows.push(accepted)
    }
  }

  /** Sum of `price` per UTC day: revenue as Emarsys would show it. */
  perDay(): { [day: string]: string } {
    const sums = new Map<string, DecimalSum>()
    for (const row of this.rows) sumAt(sums, dayOf(row)).add(textAt(row, 'price'))
    return Object.fromEntries([...sums].sort(byName).map(([day, sum]) => [day, sum.text()]))
  }

  /** Per UTC day and original currency: the sum of `price` and of `f_original_amount`, where those columns exist. */
  perDayAndCurrency(): { day: string; currency: string; price: string; original: string }[] {
    const prices = new Map<string, DecimalSum>()
    const originals = new Map<string, DecimalSum>()
    for (const row of this.rows) {
      const group = `${dayOf(row)} ${textAt(row, 's_original_currency')}`
      sumAt(prices, group).add(textAt(row, 'price'))
      sumAt(originals, group).add(textAt(row, 'f_original_amount') || '0')
    }
    return [...prices].sort(byName).map(([group, price]) => ({
      day: group.slice(0, 10),
      currency: group.slice(11),
      price: price.text(),
      original: sumAt(originals, group).text(),
    }))
  }

  total(): string {
    const sum = new DecimalSum()
    for (const row of this.rows) sum.add(textAt(row, 'price'))
    return sum.text()
  }

  /** Rows accepted more than once with the very same values. */
  duplicates(): Duplicate[] {
    const groups = new Map<string, SalesRow | SalesRow[]>()
    for (const row of this.rows) {
      const key = this.columns.map((column) => textAt(row, column)).join('\u0000')
      const group = groups.get(key)
      if (group === undefined) groups.set(key, row)
      else if (Array.isArray(group)) group.push(row)
      else groups.set(key, [group, row])
    }
    return [...groups.values()]
      .filter((group) => Array.isArray(group))
      .flatMap((group) => {
        const [row] = group
        return row === undefined
          ? []
          : [{ row, times: group.length, uploads: [...new Set(group.map(({ upload }) => upload))] }]
      })
  }

  #shared(text: string): string {
    const known = this.#texts.get(text)
    if (known !== undefined) return known
    // A copy: a slice would keep the whole upload in memory.
    const copy = Buffer.from(text).toString()
    this.#texts.set(copy, copy)
    return copy
  }
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1)

const dayOf = (row: SalesRow): string => {
  const timestamp = textAt(row, 'timestamp')
  if (timestamp.length === 10 || timestamp.endsWith('Z')) return timestamp.slice(0, 10)
  return new Date(timeOf(timestamp) ?? 0).toISOString().slice(0, 10)
}

const sumAt = (sums: Map<string, DecimalSum>, key: string): DecimalSum => {
  let sum = sums.get(key)
  if (sum === undefined) {
    sum = new DecimalSum()
    sums.set(key, sum)
  }
  return sum
}
