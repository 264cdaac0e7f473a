import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { anchorKey, signHandover } from '../audit/anchor.ts'
import { ANCHOR_FILE, INSTALLATION } from '../audit/chain.ts'
import { appendAudit } from '../store/workspace/audit.ts'
import { beginReplacing, endReplacing, keysKnown } from '../store/key/key-check.ts'
import { keyHolders, writersEnded, writersNow } from '../store/key/key-holders.ts'
import { countSealed, knownKey, noteKey, readInventory, writeInventory } from '../store/key/key-inventory.ts'
import { keepKeys, keptKeys, keyringOf } from '../store/key/kept-keys.ts'
import { firstLogins, otherLogins } from '../store/database/logins.ts'
import { countSealedWith, replaceKey } from '../store/key/replace-key.ts'
import { createKeyring, keyFingerprint } from '../store/key/secrets.ts'
import { type Keys, type Place, refuse, say } from './key-places.ts'

/** How long processes may take to say that they have a key, or seal with it: three beats of their hearts. */
const SEEN_MS = 15_000
/** From its first connection to its first beat a process that starts takes less. */
const STARTED_MS = 5_000
/** From sealing a value to writing it nobody takes so long. */
const SEALED_TO_WRITTEN_MS = 5_000
const LOOK_MS = 250

/**
 * Moves all sealed values to the new key, while processes read and write: all of them hold both keys, then all seal with
 * the new one, then what is left is moved. Answers whether no process runs, so that the old key may end at once.
 */
export async function rotateKey(place: Place, keys: Keys): Promise<boolean> {
  const { db } = place
  const [was, is] = [keyFingerprint(keys.old), keyFingerprint(keys.fresh)]
  const known = await keysKnown(db)
  if (known.now !== is || known.replacing !== undefined) {
    const lacks = (who: string) => `${who}: without the new key. For each, ${keys.both}; then run this again.`
    await everybody(place, (held) => held.includes(is), lacks, keys.seenBySelf ? SEEN_MS : 0)
    if (known.replacing === undefined) await begin(place, keys)
    const stays = (who: string) => `${who}: does not seal with the new key. End it, then run this again: it goes on.`
    await everybody(place, ([sealing]) => sealing === is, stays, SEEN_MS)
    await move(place, keys)
    await end(place, keys, was, is)
  }
  for (const line of keys.settle()) say(line)
  const { holders, strangers } = await keyHolders(db)
  return holders.length + strangers.length === 0
}

/** Waits until every process that runs has the keys that it should. */
async function everybody(
  { db }: Place,
  good: (keys: readonly string[]) => boolean,
  sentence: (who: string) => string,
  patienceMs: number,
): Promise<void> {
  for (const began = Date.now(); ; await sleep(LOOK_MS)) {
    const { holders, strangers } = await keyHolders(db)
    const missing = holders.filter(({ keys }) => !good(keys))
    if (missing.length + strangers.length === 0) return
    const waited = Date.now() - began
    if (missing.length > 0 && waited >= patienceMs) {
      throw refuse(sentence(missing.map(({ host, pid }) => `Process ${pid} on ${host}`).join(', ')))
    }
    if (missing.length > 0 || waited < STARTED_MS) continue
    const { application, address, pid } = strangers[0]!
    throw refuse(
      `A process of the product is connected (“${application}” from ${address}, database process ${pid}) and gives no sign of life: it is frozen, or of an older version. End it, and run this again.`,
    )
  }
}

async function begin({ db, database }: Place, { old, fresh }: Keys): Promise<void> {
  const from = await keyringOf(db, old)
  const kept = (await keptKeys(db, from)) ?? { blind: from.blind }
  await noteKey(db, from)
  await db.transaction().execute(async (tx) => {
    await keepKeys(tx, createKeyring(fresh), { logins: firstLogins(old, database), ...kept })
    await beginReplacing(tx, keyFingerprint(fresh))
    const { keys, counted } = await readInventory(tx)
    await writeInventory(tx, { keys: [...keys, knownKey(createKeyring(fresh), new Date().toISOString())], counted })
  })
}

/** Until nothing is left that is sealed with the old key, and nobody can still write such a value. */
async function move({ db }: Place, { old, fresh }: Keys): Promise<void> {
  const [from, to] = [createKeyring(old), createKeyring(fresh)]
  const sums = new Map<string, number>()
  const pass = () =>
    replaceKey(db, from, to, ({ table, column }, values) => {
      const name = `${table}.${column}`
      sums.set(name, (sums.get(name) ?? 0) + values)
    })
  const { holders } = await keyHolders(db)
  const began = Date.now()
  await pass()
  if (holders.length > 0) {
    await sleep(Math.max(0, began + SEALED_TO_WRITTEN_MS - Date.now()))
    const writers = await writersNow(db)
    while (!(await writersEnded(db, writers))) await sleep(LOOK_MS)
    await pass()
  }
  for (let said = false; ; await sleep(LOOK_MS)) {
    const left = await countSealedWith(db, from)
    if (left === 0) break
    if (!said) say(`${left} values are in use by others; waiting for them.`)
    said = true
    await pass()
  }
  for (const [name, values] of sums) say(`${name}: ${values}`)
}

async function end({ db, database, dataDir }: Place, { old, fresh }: Keys, was: string, is: string): Promise<void> {
  const earlier = anchorKey(old)
  // Before the end: run again after it, nothing of this would be done.
  const handover = signHandover(fresh, earlier, new Date().toISOString())
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  appendFileSync(join(dataDir, ANCHOR_FILE), `${JSON.stringify({ handover })}\n`, { mode: 0o600 })
  const counted = await countSealed(db)
  await db.transaction().execute(async (tx) => {
    const keys = await keyringOf(tx, old, fresh)
    const kept = (await keptKeys(tx, keys)) ?? { blind: keys.blind }
    // Processes that run go on with their logins; those that start take others, which nobody can tell from the old key.
    await keepKeys(tx, keys, { ...kept, logins: otherLogins(kept.logins ?? firstLogins(old, database)) })
    await endReplacing(tx, is)
    const at = new Date().toISOString()
    const noted = (await readInventory(tx)).keys
    // Begun by a version that kept no inventory: they are added.
    const both = [old, fresh].map((key) => knownKey(createKeyring(key), null))
    const added = both.filter((key) => !noted.some(({ fingerprint }) => fingerprint === key.fingerprint))
    await writeInventory(tx, {
      keys: [...noted, ...added].map((key) => (key.fingerprint === was ? { ...key, replacedAt: at } : key)),
      counted: { at, values: { [is]: counted.get(keys.id.toString('hex')) ?? 0 } },
    })
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
