import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import type { Keyring } from '../store/key/secrets.ts'

// The link at the end of a letter: signed, so that it works without signing in, and good for one thing: to stop the
// letters of one workspace to one person. It does not end: nobody should have to look for a newer letter to be rid of them.

/** Bytes of: the person, the workspace, the signature. */
const [ID, MAC] = [16, 16]

// Of the key that stays when the secret key is replaced, or the links in older letters would be dead.
const sign = (keys: Keyring, ids: Uint8Array): Buffer =>
  createHmac('sha256', Buffer.from(hkdfSync('sha256', keys.blind, '', 'tieline/stop-weekly-letter', 32)))
    .update(ids)
    .digest()
    .subarray(0, MAC)

/** 64 characters of base64url. */
export function stopToken(keys: Keyring, user: string, workspace: string): string {
  const ids = Buffer.from(`${user}${workspace}`.replaceAll('-', ''), 'hex')
  return Buffer.concat([ids, sign(keys, ids)]).toString('base64url')
}

/** Undefined where it is not one that we have signed. */
export function readStopToken(
  keys: Keyring,
  token: string,
): { readonly user: string; readonly workspace: string } | undefined {
  const bytes = Buffer.from(token, 'base64url')
  if (bytes.length !== 2 * ID + MAC || bytes.toString('base64url') !== token) return undefined
  const ids = bytes.subarray(0, 2 * ID)
  if (!timingSafeEqual(sign(keys, ids), bytes.subarray(2 * ID))) return undefined
  return { user: uuid(ids.subarray(0, ID)), workspace: uuid(ids.subarray(ID)) }
}

const uuid = (bytes: Buffer): string =>
  bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
