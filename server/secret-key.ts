import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The secret key is missing or no key. Without the right one, stored connection secrets cannot be opened. */
export class SecretKeyError extends Error {
  override name = 'SecretKeyError'
  readonly code = 'SECRET_KEY_UNUSABLE'
}

/** In DATA_DIR: the key that is to replace secret.key, and the one that secret.key has replaced. */
export const NEXT_KEY_FILE = 'secret.key.next'
export const OLD_KEY_FILE = 'secret.key.old'

export type KeySettings = {
  readonly secretKey: Buffer | undefined
  readonly newSecretKey: Buffer | undefined
  readonly dataDir: string
}

/**
 * The installation's secret key: SECRET_KEY if it was given, else DATA_DIR/secret.key, which the first start makes with
 * mode 0600. Call it before the embedded database is made: a database without its key is refused, not given a new one.
 */
export function secretKey({ secretKey: given, dataDir }: Omit<KeySettings, 'newSecretKey'>): Buffer {
  if (given) return given
  const file = join(dataDir, 'secret.key')
  if (!existsSync(file)) makeKey(dataDir, file)
  return readKey(file)
}

/** The secret key, and after it the one that is to replace it, if there is one: a process opens with both. */
export function secretKeys(settings: KeySettings): readonly [Buffer, ...Buffer[]] {
  const key = secretKey(settings)
  const next = join(settings.dataDir, NEXT_KEY_FILE)
  const fresh = settings.newSecretKey ?? (settings.secretKey || !existsSync(next) ? undefined : readKey(next))
  return fresh && !fresh.equals(key) ? [key, fresh] : [key]
}

/** The keys that lie there now. None is made, and one that is away or no key is passed over: who asks has keys already. */
export function keysThere({ secretKey: given, dataDir }: KeySettings): readonly Buffer[] {
  if (given) return []
  return ['secret.key', NEXT_KEY_FILE].flatMap((name) => {
    try {
      return [readKey(join(dataDir, name))]
    } catch {
      return []
    }
  })
}

/** @throws SecretKeyError if there is no key in it, or others may read it */
export function readKey(file: string): Buffer {
  const text = readFileSync(file, 'utf8').trim()
  if (!/^[0-9a-f]{64}$/i.test(text)) {
    throw new SecretKeyError(`${file} does not hold 64 hexadecimal digits. Put the right key back, or set SECRET_KEY.`)
  }
  if (statSync(file).mode & 0o077) {
    throw new SecretKeyError(`other users of this machine may read ${file}. Run: chmod 600 ${file}`)
  }
  return Buffer.from(text, 'hex')
}

function makeKey(dataDir: string, file: string): void {
  if (existsSync(join(dataDir, 'postgres'))) {
    throw new SecretKeyError(
      `${file} is missing, but the database in ${dataDir} was made with one. Put it back from where you keep it, or set SECRET_KEY.`,
    )
  }
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const fresh = `${file}.${randomUUID()}`
  writeFileSync(fresh, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 })
  try {
    linkSync(fresh, file) // appears whole, and never over another
  } catch (error) {
    if (!existsSync(file)) throw error
  } finally {
    rmSync(fresh, { force: true })
  }
}
