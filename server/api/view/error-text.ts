import { HIDDEN, maskedWords } from './mask.ts'

/** Rows that hold the text in their words are looked at so many at once, and so often for one page. */
const AT_ONCE = 1_000
const MOST_LOOKS = 20

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
 * Ids of the newest rows before `cursor` that show the text: enough for a page, if there are.
 * @param look answers rows in which it stands, hidden or not, newest first.
 */
export async function newestThatShow<Row extends { readonly id: string }>(
  look: (cursor: string | undefined, most: number) => Promise<readonly Row[]>,
  shows: (row: Row) => boolean,
  { cursor, limit }: { readonly cursor: string | undefined; readonly limit: number },
): Promise<readonly string[]> {
  const ids: string[] = []
  for (let [before, looks] = [cursor, 0]; ids.length < limit && looks < MOST_LOOKS; looks++) {
    const rows = await look(before, AT_ONCE)
    for (const row of rows) if (ids.length < limit && shows(row)) ids.push(row.id)
    if (rows.length < AT_ONCE) break
    before = rows.at(-1)!.id
  }
  return ids
}
