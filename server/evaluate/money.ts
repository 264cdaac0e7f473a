import Big from 'big.js'

// Big writes `constructor` on each number it makes. Under --frozen-intrinsics that name would be read-only, inherited
// from the frozen Object.prototype; a property of its own lets the write through.
Object.defineProperty(Big.prototype, 'constructor', { value: Big, writable: true, configurable: true })

/**
 * Decimal arithmetic on the shortest decimal text of numbers, so that 0.1 + 0.2 is 0.3. Amounts may come as numbers or
 * as decimal text (longer numbers travel as text); answers are numbers up to 15 significant digits, else text.
 */

/** Numbers with up to 4 decimals and fewer than 15 digits are added as whole ten-thousandths: exact, and fast. */
const SCALE = 10_000
const MAX_SCALED = 1e15

/** Of ten, above which decimal arithmetic would be slow. */
const MAX_EXPONENT = 40

const scaled = (amount: unknown): number | undefined => {
  if (typeof amount !== 'number') return undefined
  const whole = Math.round(amount * SCALE)
  return Math.abs(whole) < MAX_SCALED && whole / SCALE === amount ? whole : undefined
}

const fail = (name: string, message: string): never => {
  throw { code: 'MONEY', token: name, message }
}

const parsed = (amount: number | string): Big | undefined => {
  try {
    return new Big(amount)
  } catch {
    return undefined
  }
}

const decimal = (name: string, amount: unknown): Big => {
  if (typeof amount !== 'number' && typeof amount !== 'string') {
    const what = amount === null ? 'null' : Array.isArray(amount) ? 'a list' : `a ${typeof amount}`
    return fail(name, `got ${what} where an amount belongs.`)
  }
  const value = parsed(amount)
  if (!value) return fail(name, 'got a text that is not a number.')
  if (Math.abs(value.e) > MAX_EXPONENT) return fail(name, 'got a number too large or too small to be an amount.')
  return value
}

const answer = (value: Big): number | string => {
  if (value.c.length <= 15) return value.toNumber()
  return value.toFixed()
}

const asPlaces = (name: string, places: unknown): number =>
  typeof places === 'number' && Number.isInteger(places) && places >= 0 && places <= 15
    ? places
    : fail(name, 'needs a whole number of decimal places between 0 and 15.')

const asList = (amounts: unknown): readonly unknown[] => (Array.isArray(amounts) ? amounts : [amounts])

const add = (name: string, amounts: readonly unknown[]): number | string => {
  let sum = 0
  for (const amount of amounts) {
    const whole = scaled(amount)
    if (whole === undefined || Math.abs(sum + whole) >= MAX_SCALED) {
      return answer(amounts.reduce((total: Big, each) => total.plus(decimal(name, each)), new Big(0)))
    }
    sum += whole
  }
  return sum / SCALE
}

/** The sum of a list, as `$sum` but decimal. */
export const moneySum = (amounts: unknown): unknown =>
  amounts === undefined ? undefined : add('moneySum', asList(amounts))

/** The sum of its arguments; those that yield nothing count as nothing. */
export const moneyAdd = (...amounts: readonly unknown[]): unknown => {
  const given = amounts.filter((amount) => amount !== undefined)
  return given.length === 0 ? undefined : add('moneyAdd', given)
}

/** The product, rounded half away from zero where places are given. */
export const moneyMul = (a: unknown, b: unknown, places?: unknown): unknown => {
  if (a === undefined || b === undefined) return undefined
  const product = decimal('moneyMul', a).times(decimal('moneyMul', b))
  return answer(places === undefined ? product : product.round(asPlaces('moneyMul', places), Big.roundHalfUp))
}

/** The quotient, rounded half away from zero to places (2 unless given). Nothing is divided by nothing. */
export const moneyDiv = (a: unknown, b: unknown, places: unknown = 2): unknown => {
  if (a === undefined || b === undefined) return undefined
  const divisor = decimal('moneyDiv', b)
  if (divisor.eq(0)) return fail('moneyDiv', 'cannot divide by zero.')
  const digits = asPlaces('moneyDiv', places)
  return answer(decimal('moneyDiv', a).div(divisor).round(digits, Big.roundHalfUp))
}

/** Rounded half away from zero. */
export const moneyRound = (amount: unknown, places: unknown = 2): unknown =>
  amount === undefined
    ? undefined
    : answer(decimal('moneyRound', amount).round(asPlaces('moneyRound', places), Big.roundHalfUp))

/** Splits a total over weights: each part rounded, what is left on the last, so that the parts add up to the total. */
export const moneyShare = (total: unknown, weights: unknown, places: unknown = 2): unknown => {
  if (total === undefined || weights === undefined) return undefined
  const whole = decimal('moneyShare', total)
  const shares = asList(weights).map((weight) => decimal('moneyShare', weight))
  const sum = shares.reduce((each, share) => each.plus(share), new Big(0))
  const digits = asPlaces('moneyShare', places)
  if (sum.eq(0) && !whole.eq(0))
    return fail('moneyShare', 'cannot split an amount over weights that add up to nothing.')
  let left = whole
  return shares.map((share, index) => {
    if (index === shares.length - 1) return answer(left)
    const part = sum.eq(0) ? new Big(0) : whole.times(share).div(sum).round(digits, Big.roundHalfUp)
    left = left.minus(part)
    return answer(part)
  })
}
