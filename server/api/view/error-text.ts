import type { Reach, Stretch } from '../../store/database/stretch.ts'
import { HIDDEN, maskedWords } from './mask.ts'

const REACH: Reach = { atOnce: 10_000, mostLooks: 10 }

/** How far a search came that did not look at all that fits. */
export type Halt = { readonly id: string; readonly rows: number; readonly at: Date }

export type ErrorFinder = {
  /** In lower case, as the database is asked for it. */
  readonly sought: string
  /** No number stands in it: then one that failed for a cause has it if all have. */
  readonly plain: boolean
  /** Whether one of the texts has it, as they are shown. */
  has(...texts: readonly (string | null)[]): boolean
  /** Whether something may have it that differs from these texts by the numbers in them. */
  mayHave(...texts: readonly (string | null)[]): boolean
}

/**
 * Finds a text in the words of errors, as they are shown to everybody: an answer must not depend on a hidden address, name
 * or number.
 */
export function errorFinder(text: string): ErrorFinder {
  const sought = text.trim().normalize('NFC').toLowerCase()
  const plain = !/\p{N}/u.test(sought)
  // What has a number in it differs from one to the next; the words around it do not.
  const words = sought.split(/[\s"'“”‘’«»<>()[\]{}]+/u).filter((word) => /\p{L}/u.test(word) && !/\p{N}/u.test(word))
  const shown = (texts: readonly (string | null)[]) =>
    texts.map((one) =>
      maskedWords(one ?? '')
        .replaceAll(HIDDEN, '\n')
        .normalize('NFC')
        .toLowerCase(),
    )
  const has = (...texts: readonly (string | null)[]) => shown(texts).some((one) => one.includes(sought))
  return {
    sought,
    plain,
    has,
    mayHave(...texts) {
      if (plain) return has(...texts)
      const all = shown(texts)
      return words.every((word) => all.some((one) => one.includes(word)))
    },
  }
}

/**
 * Ids of the newest rows before `cursor` that show the text: enough for a page, if there are, and where the search ended
 * before it had them and before it had looked at all. It ends after so many rows that fit, whatever stands in them: how far
 * it came tells nothing of what is hidden.
 */
export async function newestThatShow<Row extends { readonly id: string }>(
  look: (cursor: string | undefined, most: number) => Promise<Stretch<Row>>,
  shows: (row: Row) => boolean,
  page: { readonly cursor: string | undefined; readonly limit: number },
  { atOnce, mostLooks } = REACH,
): Promise<{ readonly ids: readonly string[]; readonly halt: Halt | undefined }> {
  const ids: string[] = []
  let halt: Halt | undefined
  for (let looks = 0; looks < mostLooks; looks++) {
    const { rows, of, oldest } = await look(halt?.id ?? page.cursor, atOnce)
    for (const row of rows) if (ids.length < page.limit && shows(row)) ids.push(row.id)
    if (ids.length === page.limit || of < atOnce || oldest === undefined) return { ids, halt: undefined }
    halt = { id: oldest.id, rows: (halt?.rows ?? 0) + of, at: oldest.at }
  }
  return { ids, halt }
}

/** A page of what was found: the list goes on from where a search ended before the page was full. */
export const searchedPage = <Item>(page: { readonly items: Item[]; readonly next: string | null }, halt?: Halt) =>
  halt === undefined ? page : { ...page, next: halt.id, looked: { count: halt.rows, back: halt.at.toISOString() } }
