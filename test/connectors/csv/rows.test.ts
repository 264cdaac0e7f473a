import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ColumnOf, readCell } from '../../../connectors/csv/cells.ts'
import { formatRows } from '../../../connectors/kit/delimited.ts'
import { type Dialect, MOST_OF_A_ROW, type Place, type Row, readRows } from '../../../connectors/csv/rows.ts'

const PLAIN: Dialect = { delimiter: ',', encoding: 'utf-8' }

async function rowsOf(content: string | Buffer, dialect = PLAIN, size = 7, from?: Place): Promise<Row[]> {
  const bytes = Buffer.from(content).subarray(from?.offset ?? 0)
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  }
  const rows: Row[] = []
  for await (const some of readRows(pieces(), dialect, from)) rows.push(...some)
  return rows
}
const cellsOf = (rows: readonly Row[]) => rows.map(({ cells }) => cells)

test('what was written is read again, in pieces of any size, and from any row on', async () => {
  const cell = fc.string({
    unit: fc.constantFrom('a', 'é', '🐝', ',', ';', '"', '\n', '\r\n', ' ', '=', '1', '\t'),
    maxLength: 8,
  })
  // A row of one empty cell is an empty line, which is none.
  const row = fc.array(cell, { minLength: 2, maxLength: 5 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { minLength: 1, maxLength: 12 }),
      fc.constantFrom(',' as const, ';' as const, '\t' as const),
      fc.integer({ min: 1, max: 40 }),
      async (table, delimiter, size) => {
        const text = formatRows(table, { delimiter, guard: false })
        const dialect = { ...PLAIN, delimiter }
        const rows = await rowsOf(text, dialect, size)
        expect(cellsOf(rows)).toEqual(table)
        const half = rows[Math.floor(rows.length / 2)]!
        const rest = await rowsOf(text, dialect, size, half.next)
        expect(rest).toEqual(rows.slice(rows.indexOf(half) + 1))
        expect(half.next.line).toBe(
          text.slice(0, Buffer.from(text).subarray(0, half.next.offset).toString().length).split('\n').length,
        )
      },
    ),
    { numRuns: 300 },
  )
})

test('any bytes at all are rows or broken rows, never an error, and no byte is passed over', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 1, max: 30 }), async (noise, size) => {
      const bytes = Buffer.from([...noise].map((byte) => (byte % 5 === 0 ? 0x22 : byte % 7 === 0 ? 0x0a : byte)))
      const whole = await rowsOf(bytes, PLAIN, 1000)
      expect(await rowsOf(bytes, PLAIN, size)).toEqual(whole)
      if (whole.length > 0) expect(whole.at(-1)!.next.offset).toBeLessThanOrEqual(bytes.length)
    }),
    { numRuns: 500 },
  )
})

describe('a broken row', () => {
  test('is named with its line, and its neighbours are read', async () => {
    const text = 'a,b\n1,"x" y\n2,fine\n3,in"side\n4,"two\nlines"\n5,"never closed\n6,after\n'
    const rows = await rowsOf(text)
    expect(rows.map(({ line, cells, broken }) => [line, broken?.why ?? cells])).toEqual([
      [1, ['a', 'b']],
      [2, 'Something follows a closing quote.'],
      [3, ['2', 'fine']],
      [4, 'A quote stands within a cell that is not quoted.'],
      [5, ['4', 'two\nlines']],
      [7, 'A quote is opened and not closed.'],
      [8, ['6', 'after']],
    ])
    expect(rows[1]?.broken?.text).toBe('1,"x" y')
  })

  test('may be one whose letters are not of the encoding; the other encoding reads it', async () => {
    const bytes = Buffer.from('name\nZo\xeb\nfine\n', 'latin1')
    expect((await rowsOf(bytes)).map(({ broken, cells }) => broken?.why ?? cells[0])).toEqual([
      'name',
      'The row is not written in UTF-8.',
      'fine',
    ])
    const euro = Buffer.concat([bytes, Buffer.from([0x80, 0x0a])])
    expect(cellsOf(await rowsOf(euro, { ...PLAIN, encoding: 'windows-1252' })).flat()).toEqual([
      'name',
      'Zoë',
      'fine',
      '€',
    ])
  })

  test('may be too long; it does not take the file along, nor fill the memory', async () => {
    const long = `1,${'x'.repeat(MOST_OF_A_ROW + 10)}\n2,fine\n`
    const rows = await rowsOf(long, PLAIN, 64 * 1024)
    expect(rows.map(({ broken, cells }) => broken?.why ?? cells[0])).toEqual([
      `The row is longer than ${MOST_OF_A_ROW} bytes.`,
      '2',
    ])
  })
})

test('a mark of byte order, empty lines and a missing last line end are no trouble', async () => {
  expect(cellsOf(await rowsOf('\uFEFFa,b\r\n\r\n1,\r\n\n"2","x"'))).toEqual([
    ['a', 'b'],
    ['1', ''],
    ['2', 'x'],
  ])
})

describe('cells', () => {
  const read = (text: string, more: Partial<ColumnOf>) => readCell(text, { column: 'C', field: 'c', ...more })
  test.each([
    ['1,234.50', { type: 'decimal' }, '1234.5'],
    ['-1.234,5', { type: 'decimal', comma: true }, '-1234.5'],
    ['0.1000000000000000001', { type: 'decimal' }, '0.1000000000000000001'],
    ['12.50', { type: 'number' }, 12.5],
    ['', { type: 'number' }, null],
    ['', { type: 'text' }, ''],
    [' kept ', { type: 'text' }, ' kept '],
    ['30.11.2026', { type: 'date', date: 'dd.mm.yyyy' }, '2026-11-30'],
    ['1/2/2026', { type: 'date', date: 'mm/dd/yyyy' }, '2026-01-02'],
    ['2026-02-28', { type: 'date' }, '2026-02-28'],
    ['Yes', { type: 'boolean' }, true],
    ['0', { type: 'boolean' }, false],
  ] as const)('%j as %j is %j', (text, how, value) => {
    expect(read(text, how)).toEqual({ value })
  })
  test.each([
    ['1,23', { type: 'decimal' }],
    ['12.345.6', { type: 'decimal', comma: true }],
    ['1234567890123456', { type: 'number' }],
    ['2026-02-30', { type: 'date' }],
    ['30.11.2026', { type: 'date' }],
    ['11-30-2026', { type: 'date' }],
    ['maybe', { type: 'boolean' }],
    ['', { required: true }],
  ] as const)('%j as %j is refused in words', (text, how) => {
    expect(read(text, how)).toEqual({ why: expect.stringContaining('“C”') })
  })
})

test('what a spreadsheet would carry out is written as text, and only for people', () => {
  const cells = ['=1+1', '+A1', '-2', '-cmd', '@x', '\tx', '+1,5', 'x=1', 'a"b', null, { a: 1 }]
  const guarded = formatRows([cells], { delimiter: ';', guard: true })
  expect(guarded).toBe(`'=1+1;'+A1;-2;'-cmd;'@x;"'\tx";+1,5;x=1;"a""b";;"{""a"":1}"\r\n`.replace('"\'\tx"', "'\tx"))
  expect(formatRows([cells], { delimiter: ';', guard: false })).toContain('=1+1;+A1')
})

test.each(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])(
  'a cell that begins with %j is text for people',
  (first) => {
    for (const cell of [`${first}cmd|' /C calc'!A0`, `${first}1+1`, `${first}SUM(A1)`]) {
      const [row] = formatRows([[cell, 'x']], { delimiter: ',', guard: true }).match(/^"?'/) ?? []
      expect(row).toBeDefined()
      expect(formatRows([[cell, 'x']], { delimiter: ',', guard: false })).not.toContain(`'${first}`)
    }
  },
)

test('a million rows are read in a memory that stays flat', async () => {
  const piece = Buffer.from('1001,"Moss, Ada",ada@example.com,"12.50",2026-11-30,yes\n'.repeat(10_000))
  async function* content() {
    for (let at = 0; at < 100; at++) yield piece
  }
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const held = () => {
    collect()
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
  let count = 0
  let most = 0
  const before = held()
  for await (const rows of readRows(content(), PLAIN)) {
    const hundred = Math.floor(count / 100_000)
    count += rows.length
    if (Math.floor(count / 100_000) > hundred) most = Math.max(most, held() - before)
  }
  expect(count).toBe(1_000_000)
  // The file has 57 MB; what is there at a time is a piece of half a megabyte and its rows.
  expect(most).toBeLessThan(30_000_000)
})
