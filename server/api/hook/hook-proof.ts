import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/** How far the clock of a sender may be from ours, in seconds. */
const TOLERANCE_SECONDS = 300
/** A sender that changes keys signs with both; more are nobody's need. */
const MOST_SIGNATURES = 10

export type SignedHeaders = {
  readonly id: string | undefined
  readonly timestamp: string | undefined
  readonly signature: string | undefined
}

/**
 * Standard Webhooks: `v1,` and base64 of HMAC-SHA256 over id, timestamp and the body as it was sent, with dots between.
 * The key is the base64 text after `whsec_`. Any of the signatures may fit any of the secrets.
 */
export function isSigned(
  secrets: readonly string[],
  headers: SignedHeaders,
  body: Uint8Array,
  nowSeconds: number,
): boolean {
  const { id, timestamp, signature } = headers
  if (!id || !timestamp || !signature || !/^\d{1,12}$/.test(timestamp)) return false
  if (Math.abs(nowSeconds - Number(timestamp)) > TOLERANCE_SECONDS) return false
  const claimed = signature
    .split(' ')
    .slice(0, MOST_SIGNATURES)
    .flatMap((one) => (one.startsWith('v1,') ? [Buffer.from(one.slice(3), 'base64')] : []))
    .filter(({ length }) => length === 32)
  let fits = false
  for (const secret of secrets) {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
    if (key.length === 0) continue
    const right = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest()
    for (const one of claimed) if (timingSafeEqual(one, right)) fits = true
  }
  return fits
}

/** Compares digests, which have one length whatever was sent. */
export function isToken(secrets: readonly string[], given: string | undefined): boolean {
  if (!given) return false
  const claimed = digest(given)
  let fits = false
  for (const secret of secrets) if (secret !== '' && timingSafeEqual(claimed, digest(secret))) fits = true
  return fits
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
