import { createHmac, randomBytes, randomUUID } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The secret key is missing or no key. Without the right one, stored connection secrets cannot be opened. */
export class SecretKeyError extends Error {
  override name = 'SecretKeyError'
  readonly code = 'SECRET_KEY_UNUSABLE'
}

/**
 * The installation's secret key: SECRET_KEY if it was given, else DATA_DIR/secret.key, which the first start makes with
 * mode 0600. Call it before the embedded database is made: a database without its key is refused, not given a new one.
 */
export function secretKey({ secretKey: given, dataDir }: { secretKey: Buffer | undefined; dataDir: string }): Buffer {
  if (given) return given
  const file = join(dataDir, 'secret.key')
  if (!existsSync(file)) makeKey(dataDir, file)
  const text = readFileSync(file, 'utf8').trim()
  if (!/^[0-9a-f]{64}$/i.test(text)) {
    throw new SecretKeyError(`${file} does not hold 64 hexadecimal digits. Put the right key back, or set SECRET_KEY.`)
  }
  if (statSync(file).mode & 0o077) {
    throw new SecretKeyError(`other users of this machine may read ${file}. Run: chmod 600 ${file}`)
  }
  return Buffer.from(text, 'hex')
}

/** Tells two keys apart without showing either: goes into backups, so that a restore can say that the key is another. */
export function keyFingerprint(key: Buffer): string {
  return createHmac('sha256', key).update('fingerprint').digest('hex').slice(0, 16)
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
