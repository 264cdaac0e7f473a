import { createPublicKey, createSign, generateKeyPairSync, type KeyObject } from 'node:crypto'

/** One RSA key per process, made when the first token is signed: making one costs a noticeable moment. */
let key: KeyObject | undefined
const KEY_ID = 'sandbox-key-1'

function privateKey(): KeyObject {
  key ??= generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  return key
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

export function signJwt(claims: { readonly [name: string]: unknown }): string {
  const head = `${encode({ alg: 'RS256', kid: KEY_ID, typ: 'JWT' })}.${encode(claims)}`
  return `${head}.${createSign('RSA-SHA256').update(head).sign(privateKey(), 'base64url')}`
}

export function publicKeys(): unknown {
  return {
    keys: [{ ...createPublicKey(privateKey()).export({ format: 'jwk' }), kid: KEY_ID, use: 'sig', alg: 'RS256' }],
  }
}
