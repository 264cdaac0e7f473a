import { randomBytes } from 'node:crypto'
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { anchorKey, signHandover } from '../audit/anchor.ts'
import { ANCHOR_FILE, INSTALLATION } from '../audit/chain.ts'
import { type Config, readConfig } from '../config.ts'
import { keyFingerprint, secretKey } from '../secret-key.ts'
import { appendAudit } from '../store/audit.ts'
import { openDatabase } from '../store/database.ts'
import { beginReplacing, endReplacing, keysKnown } from '../store/key-check.ts'
import { keepKeys, keyringOf } from '../store/kept-keys.ts'
import { migrate } from '../store/migrate.ts'
import { countSealed, KEYS_APPLICATION, othersConnected, replaceKey } from '../store/replace-key.ts'
import { createKeyring } from '../store/secrets.ts'
import { fail, withOwnDatabase } from './own-database.ts'

// npm run keys:rotate: replaces the secret key, with the product stopped. Killed anywhere, it goes on when run again.

const say = (line: string) => void process.stdout.write(`${line}\n`)
const refuse = (message: string) => Object.assign(new Error(message), { code: 'KEYS' })

type Keys = {
  readonly old: Buffer
  readonly fresh: Buffer
  /** Puts the new key in the old one's place, where that is a file. */
  settle(): string
}

try {
  const config = readConfig()
  const keys = keysFor(config)
  await withOwnDatabase(config, 'stopped', async (url) => {
    const database = openDatabase({ url, max: 2, applicationName: KEYS_APPLICATION })
    try {
      await migrate(database.db)
      await rotate(database.db, keys, config.dataDir)
    } finally {
      await database.close()
    }
  })
  say(keys.settle())
} catch (error) {
  fail(error)
}

async function rotate(db: ReturnType<typeof openDatabase>['db'], { old, fresh }: Keys, dataDir: string): Promise<void> {
  const [was, is] = [keyFingerprint(old), keyFingerprint(fresh)]
  const { now, replacing } = await keysKnown(db)
  if (now === is && replacing === undefined) return
  if (now !== undefined && now !== was) {
    throw refuse('The present key is not the one of this database. Give the key that it was used with.')
  }
  if (replacing !== undefined && replacing !== is) {
    throw refuse('It is being replaced by another key than the one given. Give that one; it goes on where it was.')
  }
  if (await othersConnected(db)) {
    throw refuse('Processes of the product are connected to the database. Stop all of them first; nothing was changed.')
  }
  if (replacing === undefined) {
    const from = await keyringOf(db, old)
    await db.transaction().execute(async (tx) => {
      await keepKeys(tx, from, createKeyring(fresh))
      await beginReplacing(tx, is)
    })
    // From here on none starts; one that came between would seal with the old key what is done already.
    if (await othersConnected(db)) {
      throw refuse(
        'A process of the product connected meanwhile. Stop it, then run this again: it goes on where it was.',
      )
    }
  }
  const [from, to] = [createKeyring(old), createKeyring(fresh)]
  const sums = new Map<string, number>()
  await replaceKey(db, from, to, ({ table, column }, values) => {
    const name = `${table}.${column}`
    sums.set(name, (sums.get(name) ?? 0) + values)
  })
  const left = await countSealed(db, from)
  if (left > 0) throw refuse(`${left} values are still sealed with the old key. Run it again.`)
  for (const [name, values] of sums) say(`${name}: ${values}`)
  const earlier = anchorKey(old)
  // Before the end: run again after it, nothing of this would be done.
  const handover = signHandover(fresh, earlier, new Date().toISOString())
  appendFileSync(join(dataDir, ANCHOR_FILE), `${JSON.stringify({ handover })}\n`, { mode: 0o600 })
  await db.transaction().execute(async (tx) => {
    await endReplacing(tx, is)
    await appendAudit(tx, INSTALLATION, {
      action: 'installation.rotate-key',
      actor: { kind: 'system', id: 'npm run keys:rotate' },
      who: { name: '', email: '', address: '' },
      subject: {},
      detail: { from: was, to: is, anchorKey: { from: earlier, to: anchorKey(fresh) } },
      requestId: null,
    })
  })
}

/** By the environment: SECRET_KEY and NEW_SECRET_KEY. By file: the new one is made beside the old one, and kept there until the end. */
function keysFor(config: Config): Keys {
  const given = config.newSecretKey
  if (config.secretKey) {
    if (!given) throw refuse('The present key is in SECRET_KEY: give the new one in NEW_SECRET_KEY.')
    const settle = () => 'Done. Start the product with the new key as SECRET_KEY. The old one opens nothing any more.'
    return { old: config.secretKey, fresh: given, settle }
  }
  const [file, next, last] = ['secret.key', 'secret.key.next', 'secret.key.old'].map((name) =>
    join(config.dataDir, name),
  ) as [string, string, string]
  const old = secretKey(config)
  if (!existsSync(next)) {
    writeFileSync(next, `${(given ?? randomBytes(32)).toString('hex')}\n`, { mode: 0o600, flag: 'wx' })
  }
  const fresh = Buffer.from(readFileSync(next, 'utf8').trim(), 'hex')
  if (fresh.length !== 32 || (given && !fresh.equals(given))) {
    throw refuse(
      `${next} holds another key than NEW_SECRET_KEY: a rotation was begun with it. Run it without NEW_SECRET_KEY.`,
    )
  }
  return {
    old,
    fresh,
    settle: () => {
      writeFileSync(last, `${old.toString('hex')}\n`, { mode: 0o600 })
      renameSync(next, file)
      return `Done. ${file} is the new key: keep a copy of it apart from the backups. ${last} opens only backups of before; delete it when you need none of them.`
    },
  }
}
