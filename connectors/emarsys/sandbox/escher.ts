import { createHash, createHmac } from 'node:crypto'
import { posix } from 'node:path'
import { sameText } from './tokens.ts'

/**
 * Escher, the signature of partners' requests: https://escherauth.io. Like version 4 of Amazon's, with `EMS` for `AWS4`
 * and a scope of its own. The path is `/api/v2/internal/{customer}/…`.
 */
const SCOPE = 'eu/suite/ems_request'
const ALGORITHM = 'EMS-HMAC-SHA256'

/** What a header claims; whether it is true shows only when the body is there. */
export type EscherClaim = {
  readonly key: string
  /** `20261122T100000Z` */
  readonly date: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
}

export type SignedRequest = {
  readonly method: string
  /** Path and query as they came. */
  readonly url: string
  readonly headers: { readonly [name: string]: string | readonly string[] | undefined }
  readonly body: string
}

const HEADER =
  /^EMS-HMAC-SHA256 Credential=([^/,\s]+)\/(\d{8})\/([^,\s]+), ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/

/** `undefined` when parts are missing, contradict each other, or the date and the host are not signed. */
export const parseEscher = (header: string, date: string): EscherClaim | undefined => {
  const [, key = '', day, scope, names = '', signature = ''] = HEADER.exec(header.trim()) ?? []
  const signedHeaders = names.split(';')
  if (scope !== SCOPE || !date.startsWith(`${day}T`)) return undefined
  if (!signedHeaders.includes('host') || !signedHeaders.includes('x-ems-date')) return undefined
  return { key, date, signedHeaders, signature }
}

/** Milliseconds since 1970 of the claim's date, NaN for a date that is none. */
export const escherTime = ({ date }: EscherClaim): number =>
  Date.parse(date.replace(/^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/, '$1-$2-$3T$4:$5:$6Z'))

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()

const encoded = (text: string) =>
  encodeURIComponent(text).replace(/['()]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)

const canonical = ({ method, url, headers, body }: SignedRequest, signedHeaders: readonly string[]): string => {
  const [path = '/', query = ''] = url.split('?')
  const parameters = [...new URLSearchParams(query)].map(([name, value]) => `${encoded(name)}=${encoded(value)}`).sort()
  const values = signedHeaders.map(
    (name) =>
      `${name}:${String(headers[name] ?? '')
        .trim()
        .replace(/ +/g, ' ')}`,
  )
  return [
    method,
    posix.normalize(path),
    parameters.join('&'),
    ...values,
    '',
    signedHeaders.join(';'),
    sha256(body),
  ].join('\n')
}

/** Whether the claim was signed with the secret. */
export const isSignedWith = (secret: string, claim: EscherClaim, request: SignedRequest): boolean => {
  const day = claim.date.slice(0, 8)
  const toSign = [ALGORITHM, claim.date, `${day}/${SCOPE}`, sha256(canonical(request, claim.signedHeaders))].join('\n')
  const key = [day, ...SCOPE.split('/')].reduce<string | Buffer>((last, part) => hmac(last, part), `EMS${secret}`)
  return sameText(claim.signature, hmac(key, toSign).toString('hex'))
}
