import type { DataRecord, WriteItem } from '../../kit/connector.ts'
import { negated, plainDecimal, sumOf } from '../../kit/decimal.ts'
import { fieldsOf, listOf, textOf } from '../../kit/fields.ts'
import { mark } from './journal-keys.ts'

/** A journal as one call sends it, and which of its items it stands for. */
export type Assembled = { readonly journal: DataRecord; readonly items: readonly number[] }

/** The lines of a journal as rows of their own: each with what its journal needs. Lines without an amount are none. */
export function journalRows(payload: DataRecord): readonly DataRecord[] {
  const { JournalLines: lines, ...head } = payload
  return listOf(lines)
    .map(fieldsOf)
    .filter((line) => plainDecimal(line.LineAmount) !== '0')
    .map((line) => ({ ...head, ...line }))
}

/** What of a row is compared: where it books how much. Words and the day of booking travel with it. */
export const comparedRow = ({ Key, AccountCode, LineAmount, TaxType, Tracking }: DataRecord): DataRecord => ({
  Key,
  AccountCode,
  LineAmount,
  ...(TaxType === undefined ? {} : { TaxType }),
  ...(Tracking === undefined ? {} : { Tracking }),
})

/** The row that takes a row back, booked and worded as its journal is today. */
export function reversedRow(row: DataRecord, document: DataRecord): DataRecord {
  const { JournalLines: _, ...head } = document
  return { ...mirrored(row), ...head }
}

const mirrored = (line: DataRecord): DataRecord => ({
  ...line,
  LineAmount: Number(negated(plainDecimal(line.LineAmount) ?? '0')),
})

/** The lines of an item: those of a journal, or the one that it is itself. */
export const linesOf = (value: DataRecord): readonly DataRecord[] =>
  Array.isArray(value.JournalLines) ? value.JournalLines.map(fieldsOf) : [value]

/**
 * The journals that items make. An item with lines is one; rows make one for each key and version, in which what books
 * to the same place is one line: the difference. What comes to nothing has no lines.
 */
export function assembled(items: readonly WriteItem[]): readonly Assembled[] {
  const groups = Map.groupBy(
    items.map((item, at) => ({ ...item, at, version: versionOf(item) })),
    ({ value, version, at }) => (version === undefined ? `${at}` : `${textOf(value.Key)} ${version}`),
  )
  return [...groups.values()].map((members) => {
    const [{ value: head, version }] = members as [(typeof members)[number]]
    const lines = members.flatMap(({ value }) => linesOf(value))
    return {
      items: members.map(({ at }) => at),
      journal: {
        Key: head.Key,
        Date: head.Date,
        // `prepare` has put the key at its end.
        Narration: `${textOf(head.Narration).slice(0, -mark(textOf(head.Key)).length)}${mark(textOf(head.Key), version)}`,
        ...(head.Url === undefined ? {} : { Url: head.Url }),
        JournalLines: version === undefined ? lines : netLines(lines),
      },
    }
  })
}

/** Which change of its document a row belongs to, by its effect's key: `sales 2026-11-10/v2.0`. */
function versionOf({ key, value }: WriteItem): number | undefined {
  const document = `${textOf(value.Key)}/v`
  const version = key.startsWith(document) ? /^(\d+)\.r?\d+$/.exec(key.slice(document.length))?.[1] : undefined
  return version === undefined ? undefined : Number(version)
}

function netLines(lines: readonly DataRecord[]): readonly DataRecord[] {
  const places = Map.groupBy(lines, ({ AccountCode, TaxType, Tracking }) =>
    JSON.stringify([AccountCode, TaxType ?? null, Tracking ?? null]),
  )
  return [...places.values()].flatMap((at) => {
    const sum = sumOf(at.map(({ LineAmount }) => plainDecimal(LineAmount) ?? '0'))
    if (sum === '0') return []
    const { AccountCode, Description, TaxType, Tracking } = at.at(-1) as DataRecord // a group has at least one
    return [
      {
        ...{ LineAmount: Number(sum), AccountCode },
        ...(Description === undefined ? {} : { Description }),
        ...(TaxType === undefined ? {} : { TaxType }),
        ...(Tracking === undefined ? {} : { Tracking }),
      },
    ]
  })
}
