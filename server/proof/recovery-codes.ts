import { randomInt } from 'node:crypto'

const CODES = 10
/** Without letters that look alike. */
const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789'

/** For the day the phone is lost. Each has 59 bits and works once. */
export function newRecoveryCodes(): string[] {
  const four = () => Array.from({ length: 4 }, () => LETTERS[randomInt(LETTERS.length)]).join('')
  return Array.from({ length: CODES }, () => `${four()}-${four()}-${four()}`)
}

/** As it is kept: people leave out hyphens and type capitals. Undefined if it cannot be one. */
export function plainRecoveryCode(typed: string): string | undefined {
  const plain = typed.toLowerCase().replace(/[\s-]/g, '')
  return /^[a-z2-9]{12}$/.test(plain) ? plain : undefined
}
