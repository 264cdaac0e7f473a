import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { NEXT_KEY_FILE, OLD_KEY_FILE, readKey, secretKey, secretKeys, type KeySettings } from '../secret-key.ts'
import { keysKnown } from '../store/key/key-check.ts'
import { readInventory } from '../store/key/key-inventory.ts'
import type { OpenDatabase } from '../store/database/database.ts'
import { keyFingerprint } from '../store/key/secrets.ts'

export const say = (line: string) => void process.stdout.write(`${line}\n`)
export const refuse = (message: string) => Object.assign(new Error(message), { code: 'KEYS' })

export type Keys = {
  readonly old: Buffer
  readonly fresh: Buffer
  /** What to do for a process to have both, and whether those that run see it by themselves. */
  readonly both: string
  readonly seenBySelf: boolean
  /** Puts the new key in the old one's place, where that is a file, and says what is to be done with both. */
  settle(): readonly string[]
}

export type Place = { readonly db: OpenDatabase['db']; readonly database: string; readonly dataDir: string }

/** The key that is replaced and the one that replaces it, from the environment or the files of DATA_DIR. */
export async function keysFor(db: OpenDatabase['db'], config: KeySettings, what: 'rotate' | 'finish'): Promise<Keys> {
  const { now, replacing } = await keysKnown(db)
  const before = (await readInventory(db)).keys.findLast(
    ({ replacedAt, endedAt }) => replacedAt !== null && endedAt === null,
  )?.fingerprint
  const found = new Map(givenKeys(config).map((key) => [keyFingerprint(key), key]))
  const present = now === undefined ? undefined : found.get(now)

  if (before !== undefined || what === 'finish') {
    if (before === undefined)
      throw refuse('No key waits to be ended: none was replaced, or the last one is ended already.')
    const old = found.get(before)
    // Run again by somebody who did not see the end of it.
    const repeated = config.secretKey !== undefined && keyFingerprint(config.secretKey) === before
    if (what === 'rotate' && !repeated && !existsSync(join(config.dataDir, NEXT_KEY_FILE))) {
      throw refuse(`The key ${before} was replaced, and is not ended yet. Run npm run keys:rotate -- --finish first.`)
    }
    if (!present || !old) {
      throw refuse(
        `It takes the key that counts, ${now}, and the one that it replaced, ${before}: in SECRET_KEY and NEW_SECRET_KEY, or in secret.key and secret.key.old.`,
      )
    }
    return { old, fresh: present, both: '', seenBySelf: false, settle: settling(config, old, present) }
  }

  const old = config.secretKey ?? secretKey(config)
  if (now !== undefined && keyFingerprint(old) !== now) {
    throw refuse('The present key is not the one of this database. Give the key that it was used with.')
  }
  const fresh = config.secretKey ? config.newSecretKey : nextKey(config)
  if (!fresh) throw refuse('The present key is in SECRET_KEY: give the new one in NEW_SECRET_KEY.')
  if (fresh.equals(old)) throw refuse('The new key is the present one. Give another: openssl rand -hex 32.')
  if (replacing !== undefined && replacing !== keyFingerprint(fresh)) {
    throw refuse('It is being replaced by another key than the one given. Give that one; it goes on where it was.')
  }
  const both = config.secretKey
    ? 'start it again with both keys, SECRET_KEY and NEW_SECRET_KEY'
    : `put a copy of ${join(config.dataDir, NEXT_KEY_FILE)} beside its secret.key; it sees it by itself`
  return { old, fresh, both, seenBySelf: !config.secretKey, settle: settling(config, old, fresh) }
}

function givenKeys(config: KeySettings): readonly Buffer[] {
  const last = join(config.dataDir, OLD_KEY_FILE)
  return [...secretKeys(config), ...(config.secretKey || !existsSync(last) ? [] : [readKey(last)])]
}

/** By file, the new key is made beside the old one, and kept there until the end. */
function nextKey({ newSecretKey: given, dataDir }: KeySettings): Buffer {
  const next = join(dataDir, NEXT_KEY_FILE)
  if (!existsSync(next)) {
    writeFileSync(next, `${(given ?? randomBytes(32)).toString('hex')}\n`, { mode: 0o600, flag: 'wx' })
  }
  const fresh = readKey(next)
  if (given && !fresh.equals(given)) {
    throw refuse(
      `${next} holds another key than NEW_SECRET_KEY: a rotation was begun with it. Run it without NEW_SECRET_KEY.`,
    )
  }
  return fresh
}

function settling(config: KeySettings, old: Buffer, fresh: Buffer): () => readonly string[] {
  if (config.secretKey) return () => ['The new key counts: it is the SECRET_KEY from now on.']
  const [file, next, last] = ['secret.key', NEXT_KEY_FILE, OLD_KEY_FILE].map((name) => join(config.dataDir, name)) as [
    string,
    string,
    string,
  ]
  return () => {
    if (existsSync(next) && readFileSync(next, 'utf8').trim() === fresh.toString('hex')) {
      writeFileSync(last, `${old.toString('hex')}\n`, { mode: 0o600 })
      renameSync(next, file)
    }
    return [
      `The new key counts: ${file} holds it. Keep a copy of it apart from the backups, and put it on the other machines.`,
      `${last} is the old one.`,
    ]
  }
}
