import { createCipheriv, createDecipheriv, createHash, createHmac, hash, hkdfSync, randomBytes } from 'node:crypto'

/**
 * Envelope encryption: each sealed value has a data key of its own, wrapped by the installation's key. Layout, in bytes:
 * version 1 | key id 8 | nonce 12 | wrapped data key 32 + tag 16 | nonce 12 | ciphertext | tag 16.
 * The place (workspace, table, row, field) is authenticated with it, so a value moved to another row does not open.
 */
const VERSION = 1
const HEADER = 1 + 8 + 12 + 48 + 12

/** A secret key, 32 bytes kept outside the database, and what is derived from it. */
export type SecretKey = {
  /** As sealed values name it. */
  readonly id: Buffer
  /** As people and logs name it. */
  readonly fingerprint: string
  /** What the others are derived from. */
  readonly root: Buffer
  readonly sealing: Buffer
}

/** What a process seals and opens with. While the secret key is being replaced it holds both, and seals with one. */
export type Keyring = SecretKey & {
  /** As hexadecimal text: it is only ever hashed. */
  readonly blind: string
  /** All keys that open, the one that seals first. */
  readonly held: readonly SecretKey[]
  /** Opens with this one too from now on. */
  hold(root: Buffer): void
  /** Seals with one that is held from now on, and opens with all as before. Answers false if it is not held. */
  sealWith(fingerprint: string): boolean
}

/** Tells two keys apart without showing either. */
export function keyFingerprint(key: Buffer): string {
  return createHmac('sha256', key).update('fingerprint').digest('hex').slice(0, 16)
}

const derive = (root: Buffer, purpose: string) => Buffer.from(hkdfSync('sha256', root, '', `tieline/${purpose}`, 32))

function secretKeyOf(root: Buffer): SecretKey {
  if (root.length !== 32) throw new Error('The secret key must have 32 bytes.')
  return {
    id: createHash('sha256').update(root).digest().subarray(0, 8),
    fingerprint: keyFingerprint(root),
    root,
    sealing: derive(root, 'sealing'),
  }
}

/**
 * @param root The installation's secret key, 32 bytes.
 * @param kept What stays when the secret key is replaced by another: values that are looked for by their hash cannot be
 * hashed anew.
 */
export function createKeyring(root: Buffer, kept: { readonly blind?: string | undefined } = {}): Keyring {
  let held: readonly SecretKey[] = [secretKeyOf(root)]
  return {
    get id() {
      return held[0]!.id
    },
    get fingerprint() {
      return held[0]!.fingerprint
    },
    get root() {
      return held[0]!.root
    },
    get sealing() {
      return held[0]!.sealing
    },
    get held() {
      return held
    },
    blind: kept.blind ?? derive(root, 'blind-index').toString('hex'),
    hold(more) {
      if (!held.some((key) => key.root.equals(more))) held = [...held, secretKeyOf(more)]
    },
    sealWith(fingerprint) {
      const key = held.find((one) => one.fingerprint === fingerprint)
      if (key) held = [key, ...held.filter((one) => one !== key)]
      return key !== undefined
    },
  }
}

export class SealBroken extends Error {
  override name = 'SealBroken'
}

export function seal(keys: Keyring, place: string, plain: string | Uint8Array): Buffer {
  const dataKey = randomBytes(32)
  const wrapNonce = randomBytes(12)
  const wrap = createCipheriv('aes-256-gcm', keys.sealing, wrapNonce).setAAD(Buffer.from(place))
  const wrapped = Buffer.concat([wrap.update(dataKey), wrap.final(), wrap.getAuthTag()])
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', dataKey, nonce).setAAD(Buffer.from(place))
  const body = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  return Buffer.concat([Buffer.from([VERSION]), keys.id, wrapNonce, wrapped, nonce, body])
}

/** @throws SealBroken when the value was changed, moved from another place, or sealed with a key that is not held. */
export function open(keys: Keyring, place: string, sealed: Uint8Array): Buffer {
  const value = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)
  if (value.length < HEADER + 16 || value[0] !== VERSION)
    throw new SealBroken(`The sealed value of ${place} is not readable.`)
  const named = value.subarray(1, 9)
  const key = keys.held.find(({ id }) => id.equals(named))
  if (!key) {
    throw new SealBroken(
      `The value of ${place} was sealed with another key. Start with the SECRET_KEY it was made with.`,
    )
  }
  try {
    const unwrap = createDecipheriv('aes-256-gcm', key.sealing, value.subarray(9, 21)).setAAD(Buffer.from(place))
    unwrap.setAuthTag(value.subarray(53, 69))
    const dataKey = Buffer.concat([unwrap.update(value.subarray(21, 53)), unwrap.final()])
    const decipher = createDecipheriv('aes-256-gcm', dataKey, value.subarray(69, 81)).setAAD(Buffer.from(place))
    decipher.setAuthTag(value.subarray(value.length - 16))
    return Buffer.concat([decipher.update(value.subarray(81, value.length - 16)), decipher.final()])
  } catch (cause) {
    throw new SealBroken(`The sealed value of ${place} was changed or moved.`, { cause })
  }
}

/** Whether a value was sealed with this key. */
export const isSealedWith = (keys: Pick<SecretKey, 'id'>, sealed: Uint8Array): boolean =>
  sealed.length >= HEADER + 16 && sealed[0] === VERSION && keys.id.equals(sealed.subarray(1, 9))

/**
 * The same value with its data key wrapped by another key: what it holds is not opened.
 * @throws SealBroken when the value was changed, moved from another place, or sealed with another key than `from`.
 */
export function rewrap(from: SecretKey, to: SecretKey, place: string, sealed: Uint8Array): Buffer {
  if (!isSealedWith(from, sealed)) throw new SealBroken(`The value of ${place} was sealed with another key.`)
  const value = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)
  try {
    const unwrap = createDecipheriv('aes-256-gcm', from.sealing, value.subarray(9, 21)).setAAD(Buffer.from(place))
    unwrap.setAuthTag(value.subarray(53, 69))
    const dataKey = Buffer.concat([unwrap.update(value.subarray(21, 53)), unwrap.final()])
    const wrapNonce = randomBytes(12)
    const wrap = createCipheriv('aes-256-gcm', to.sealing, wrapNonce).setAAD(Buffer.from(place))
    const wrapped = Buffer.concat([wrap.update(dataKey), wrap.final(), wrap.getAuthTag()])
    return Buffer.concat([Buffer.from([VERSION]), to.id, wrapNonce, wrapped, value.subarray(69)])
  } catch (cause) {
    throw new SealBroken(`The sealed value of ${place} was changed or moved.`, { cause })
  }
}

/**
 * A keyed hash to find a value again without storing it: 16 bytes of SHA-256 over key, workspace and text. Half of the
 * digest is kept back, so nobody can lengthen the text (what HMAC is for); one call instead of an HMAC object, because
 * a run takes two of these per record (38 µs → 2 µs).
 */
export function blindIndex(keys: Keyring, workspace: string, text: string): Buffer {
  return Buffer.from(blindBytes(keys, workspace, text), 'latin1')
}

/** The same 16 bytes as a text of as many characters: no object with memory of its own for each of thousands. */
export const blindBytes = (keys: Keyring, workspace: string, text: string): string =>
  hash('sha256', `${keys.blind}\0${workspace}\0${text}`, 'binary').slice(0, 16)
