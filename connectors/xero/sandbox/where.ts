import { badQuery, Refused } from './answers.ts'

/** What a field can hold. Dates are instants in ms, ids lower-case text, absent values null. */
export type Value = string | number | boolean | null
export type Fields<T> = { readonly [path: string]: (record: T) => Value }
type Expression<T> = (record: T) => Value

const TOKEN = /\s*(?:("(?:[^"\\]|\\.)*")|(\d+(?:\.\d+)?)|([A-Za-z_][A-Za-z0-9_.]*)|(==|!=|>=|<=|&&|\|\||[=<>!(),.-]))/y

/**
 * Xero's C#-like `where`: comparisons, AND/OR, brackets, Contains/StartsWith/EndsWith/ToLower/ToUpper, DateTime(y,m,d),
 * Guid("..."), null. Text compares without regard to case. A method called on an empty field fails, as in Xero.
 */
export function parseWhere<T>(source: string, fields: Fields<T>): (record: T) => boolean {
  const tokens = tokenize(source)
  const byName = new Map(Object.entries(fields).map(([name, read]) => [name.toLowerCase(), read]))
  let at = 0

  const peek = (): string => tokens[at] ?? ''
  const take = (): string => tokens[at++] ?? ''
  const expect = (token: string): void => {
    const found = take()
    if (found !== token) fail(`Expected '${token}' but found '${found}' in: ${source}`)
  }
  const word = (token: string): string => token.toUpperCase()

  function either(): Expression<T> {
    let left = both()
    while (peek() === '||' || word(peek()) === 'OR') {
      take()
      const [a, b] = [left, both()]
      left = (record) => truth(a(record)) || truth(b(record))
    }
    return left
  }

  function both(): Expression<T> {
    let left = comparison()
    while (peek() === '&&' || word(peek()) === 'AND') {
      take()
      const [a, b] = [left, comparison()]
      left = (record) => truth(a(record)) && truth(b(record))
    }
    return left
  }

  function comparison(): Expression<T> {
    const left = operand()
    const operator = peek()
    if (!['==', '=', '!=', '>', '>=', '<', '<='].includes(operator)) return left
    take()
    const right = operand()
    return (record) => compare(operator, left(record), right(record))
  }

  function operand(): Expression<T> {
    const token = take()
    if (token === '(') {
      const inner = either()
      expect(')')
      return methods(inner)
    }
    if (token === '!') {
      const inner = operand()
      return (record) => !truth(inner(record))
    }
    if (token === '-') {
      const inner = operand()
      return (record) => -Number(inner(record))
    }
    if (token.startsWith('"')) {
      const text = unquote(token)
      return methods(() => text)
    }
    if (/^\d/.test(token)) {
      const number = Number(token)
      return () => number
    }
    return named(token)
  }

  function named(token: string): Expression<T> {
    const lower = token.toLowerCase()
    if (lower === 'true' || lower === 'false') return () => lower === 'true'
    if (lower === 'null') return () => null
    if (peek() === '(') {
      const split = token.lastIndexOf('.')
      const method = token.slice(split + 1).toLowerCase()
      if (lower === 'guid' || lower === 'datetime' || lower === 'datetime.parse') {
        const value = literal(lower, constants())
        return () => value
      }
      if (split > 0) return methods(call(field(token.slice(0, split)), method, constants()))
      return fail(`Unknown function '${token}' in: ${source}`)
    }
    // Nullable fields may be written Date.Value and guarded with Date.HasValue.
    if (lower.endsWith('.hasvalue')) {
      const read = field(token.slice(0, -'.hasvalue'.length))
      return (record) => read(record) !== null
    }
    return field(lower.endsWith('.value') ? token.slice(0, -'.value'.length) : token)
  }

  function methods(start: Expression<T>): Expression<T> {
    let inner = start
    while (peek() === '.') {
      take()
      inner = call(inner, take().toLowerCase(), constants())
    }
    return inner
  }

  function constants(): Value[] {
    expect('(')
    const values: Value[] = []
    while (peek() !== ')') {
      const token = take()
      if (token === '') fail(`An opening bracket is not closed in: ${source}`)
      if (token.startsWith('"')) values.push(unquote(token))
      else if (token !== ',') values.push(Number(token))
    }
    take()
    return values
  }

  function field(name: string): Expression<T> {
    return byName.get(name.toLowerCase()) ?? fail(`No property or field '${name}' exists in: ${source}`)
  }

  const whole = either()
  if (at < tokens.length) fail(`'${peek()}' was not expected in: ${source}`)
  return (record) => truth(whole(record))
}

function tokenize(source: string): string[] {
  const tokens: string[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < source.trimEnd().length) {
    const start = TOKEN.lastIndex
    const match = TOKEN.exec(source)
    if (!match) return fail(`'${source.slice(start, start + 12)}' cannot be read in: ${source}`)
    tokens.push(match[0].trim())
  }
  if (tokens.length === 0) fail('The where expression is empty.')
  return tokens
}

function literal(kind: string, values: readonly Value[]): Value {
  if (kind === 'guid') return String(values[0] ?? '').toLowerCase()
  if (kind === 'datetime.parse') {
    const text = String(values[0] ?? '')
    const instant = Date.parse(
      /[zZ]|[+-]\d\d:?\d\d$/.test(text) ? text : `${text.length === 10 ? `${text}T00:00:00` : text}Z`,
    )
    return Number.isNaN(instant) ? fail(`'${text}' is no date.`) : instant
  }
  const [year, month, day, hour, minute, second] = values.map(Number)
  if (year === undefined || month === undefined || day === undefined)
    return fail('DateTime needs a year, a month and a day.')
  return Date.UTC(year, month - 1, day, hour ?? 0, minute ?? 0, second ?? 0)
}

function call<T>(target: Expression<T>, method: string, values: readonly Value[]): Expression<T> {
  const argument = String(values[0] ?? '').toLowerCase()
  const text = (record: T): string => {
    const value = target(record)
    return value === null
      ? fail(`${method} was called on a field that is empty; guard it with Field!=null.`)
      : String(value)
  }
  switch (method) {
    case 'contains':
      return (record) => text(record).toLowerCase().includes(argument)
    case 'startswith':
      return (record) => text(record).toLowerCase().startsWith(argument)
    case 'endswith':
      return (record) => text(record).toLowerCase().endsWith(argument)
    case 'tolower':
    case 'tostring':
    case 'trim':
      return (record) => text(record).toLowerCase().trim()
    case 'toupper':
      return (record) => text(record).toUpperCase()
    default:
      return fail(`Method '${method}' is not supported.`)
  }
}

function compare(operator: string, left: Value, right: Value): boolean {
  const [a, b] = [
    typeof left === 'string' ? left.toLowerCase() : left,
    typeof right === 'string' ? right.toLowerCase() : right,
  ]
  if (operator === '==' || operator === '=') return a === b
  if (operator === '!=') return a !== b
  if (a === null || b === null) return false
  if (operator === '>') return a > b
  if (operator === '>=') return a >= b
  if (operator === '<') return a < b
  return a <= b
}

const truth = (value: Value): boolean => value === true

const unquote = (token: string): string => token.slice(1, -1).replace(/\\(.)/g, '$1')

function fail(message: string): never {
  throw new Refused(badQuery(message))
}
