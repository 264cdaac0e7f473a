import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

// Time-based one-time passwords, RFC 6238 over RFC 4226: HMAC-SHA-1, 30 seconds, six digits. What every authenticator
// app takes; several ignore any other choice that the address names.

const STEP_SECONDS = 30
const DIGITS = 6
/** Steps before and after the present one that are taken too: a phone's clock may be half a minute off. */
const DRIFT = 1

/** 160 bits, as RFC 4226 recommends. */
export const newTotpSecret = (): Buffer => randomBytes(20)

export const totpStep = (atMs: number): number => Math.floor(atMs / 1000 / STEP_SECONDS)

/** The six digits of one step. */
export function totpCode(secret: Buffer, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const digest = createHmac('sha1', secret).update(counter).digest()
  const offset = digest[19]! & 15
  const number = digest.readUInt32BE(offset) & 0x7fffffff
  return String(number % 10 ** DIGITS).padStart(DIGITS, '0')
}

/**
 * The step whose code it is; undefined if it is none of now. Whoever calls keeps the step and takes no code of it or of an
 * earlier one again (RFC 6238, 5.2).
 */
export function matchingStep(secret: Buffer, code: string, nowMs: number): number | undefined {
  if (!/^\d{6}$/.test(code)) return undefined
  const now = totpStep(nowMs)
  let found: number | undefined
  // All are compared, so that the time of the answer does not tell which.
  for (let step = now - DRIFT; step <= now + DRIFT; step++) {
    if (timingSafeEqual(Buffer.from(totpCode(secret, step)), Buffer.from(code))) found = step
  }
  return found
}

/** RFC 4648, without padding: what people type by hand if they cannot scan. */
export function base32(bytes: Uint8Array): string {
  const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  let bits = ''
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0')
  return (bits.match(/.{1,5}/g) ?? []).map((five) => ALPHABET[Number.parseInt(five.padEnd(5, '0'), 2)]).join('')
}

/** The address that authenticator apps read from the picture. */
export function totpAddress(secret: Buffer, account: string): string {
  const query = new URLSearchParams({
    secret: base32(secret),
    issuer: 'Tieline',
    algorithm: 'SHA1',
    digits: String(DIGITS),
    period: String(STEP_SECONDS),
  })
  return `otpauth://totp/Tieline:${encodeURIComponent(account)}?${query}`
}
