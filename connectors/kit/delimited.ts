/**
 * Cells that a spreadsheet would take for a formula and carry out: by their first character, full-width forms (＝＋－＠)
 * too, or behind a break or tab that it passes over. Numbers with a sign are none. (OWASP, “CSV Injection”.)
 */
const FORMULA = /^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/
const NUMBER = /^[+-]?\d+([.,]\d+)*$/

/** Rows as RFC 4180 wants them: CRLF, quotes where needed. */
export function formatRows(
  rows: readonly (readonly unknown[])[],
  { delimiter, guard }: { readonly delimiter: string; readonly guard: boolean },
): string {
  return rows.map((row) => `${row.map((cell) => formatCell(cell, delimiter, guard)).join(delimiter)}\r\n`).join('')
}

function formatCell(value: unknown, delimiter: string, guard: boolean): string {
  const plain =
    value === null || value === undefined ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value)
  const text = guard && FORMULA.test(plain) && !NUMBER.test(plain) ? `'${plain}` : plain
  // A lone empty cell would be an empty line, which is no row.
  return text.includes(delimiter) || /["\r\n]/.test(text) || /^\s|\s$/.test(text)
    ? `"${text.replaceAll('"', '""')}"`
    : text
}
