/** A field that occurs in sample records: how to write it, and what stands there in the first record that has it. */
export type SamplePath = { readonly path: string; readonly value: string; readonly list: boolean }

const MOST = 400
const DEEPEST = 6
const RECORDS = 20

/** Fields of sample records as paths of expressions. A field inside of a list is written through it. */
export function samplePaths(records: readonly unknown[]): readonly SamplePath[] {
  const found = new Map<string, SamplePath>()
  const walk = (value: unknown, path: string, depth: number): void => {
    if (found.size >= MOST || depth > DEEPEST) return
    if (Array.isArray(value)) {
      for (const one of value.slice(0, 3)) if (typeof one === 'object' && one !== null) walk(one, path, depth + 1)
      return
    }
    if (typeof value !== 'object' || value === null) return
    for (const name in value) {
      if (found.size >= MOST) return
      if (!Object.hasOwn(value, name)) continue
      const field: unknown = Reflect.get(value, name)
      const here = path === '' ? named(name) : `${path}.${named(name)}`
      const known = found.get(here)
      if (known === undefined || (known.value === '' && field !== undefined)) {
        found.set(here, { path: here, value: shortly(field), list: Array.isArray(field) || (known?.list ?? false) })
      }
      walk(field, here, depth + 1)
    }
  }
  for (const record of records.slice(0, RECORDS)) walk(record, '', 0)
  return [...found.values()]
}

/** `Name`, or in back quotes where it has other signs. */
const named = (name: string): string => (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : `\`${name}\``)

function shortly(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return value.length === 1 ? 'list of 1' : `list of ${value.length}`
  if (typeof value === 'object') return 'object'
  const text = typeof value === 'string' ? value : String(value)
  return text.length > 32 ? `${text.slice(0, 31)}…` : text
}

/**
 * Lists that an expression reads through without saying that it wants a list: with one element it gives that element
 * itself, which surprises whoever has only seen invoices with two lines.
 */
export function collapsing(expression: string, paths: readonly SamplePath[]): readonly string[] {
  const lists = paths.filter((one) => one.list)
  return lists
    .map(({ path }) => path)
    .filter((path) => {
      const plain = path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      const through = new RegExp(`(?<![\\w.\`$])${plain}\\.[A-Za-z_{(]`)
      const counted = new RegExp(
        `\\$(?:count|sum|moneySum|max|min|average|join|map|filter|reduce|sort|exists)\\(\\s*${plain}\\b`,
      )
      return through.test(expression) && !counted.test(expression) && !expression.includes('[]')
    })
}
