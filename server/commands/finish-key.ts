import { INSTALLATION } from '../audit/chain.ts'
import { appendAudit } from '../store/workspace/audit.ts'
import { keyHolders } from '../store/key/key-holders.ts'
import { readInventory, writeInventory } from '../store/key/key-inventory.ts'
import { keptKeys, keyringOf } from '../store/key/kept-keys.ts'
import { endLogins, type LoginSet, loginName } from '../store/database/logins.ts'
import { countSealedWith, replaceKey } from '../store/key/replace-key.ts'
import { createKeyring, keyFingerprint } from '../store/key/secrets.ts'
import { type Keys, type Place, refuse, say } from './key-places.ts'

/**
 * Ends the old key: no process holds it, nothing is sealed with it, and the logins of its time are closed. Afterwards it
 * opens nothing but backups of before.
 */
export async function finishKey({ db, database }: Place, { old, fresh }: Keys): Promise<void> {
  const [from, to] = [createKeyring(old), createKeyring(fresh)]
  const kept = await keptKeys(db, await keyringOf(db, fresh))
  const before: LoginSet = kept?.logins?.set === 1 ? 0 : 1
  const names = (['app', 'system'] as const).map((kind) => loginName(database, kind, before))
  const { holders, strangers } = await keyHolders(db, names)
  const still = holders.filter(({ keys, byLogin }) => byLogin || keys.includes(from.fingerprint))
  if (still.length > 0) {
    throw refuse(
      `${still.map(({ host, pid }) => `Process ${pid} on ${host}`).join(', ')}: still with the old key, or connected by a login of its time. Start each again with the new key alone, then run this again; nothing was changed.`,
    )
  }
  if (strangers.length > 0) {
    throw refuse(
      `A process of the product is connected (“${strangers[0]!.application}” from ${strangers[0]!.address}) and gives no sign of life. Wait until it has started, or end it; nothing was changed.`,
    )
  }
  await replaceKey(db, from, to)
  const left = await countSealedWith(db, from)
  if (left > 0) throw refuse(`${left} values are in use by others and still sealed with the old key. Run it again.`)
  await endLogins(db, database, before)
  await db.transaction().execute(async (tx) => {
    const { keys, counted } = await readInventory(tx)
    const endedAt = new Date().toISOString()
    await writeInventory(tx, {
      keys: keys.map((key) => (key.fingerprint === from.fingerprint ? { ...key, endedAt } : key)),
      counted,
    })
    await appendAudit(tx, INSTALLATION, {
      action: 'installation.end-key',
      actor: { kind: 'system', id: 'npm run keys:rotate' },
      who: { name: '', email: '', address: '' },
      subject: {},
      detail: { key: keyFingerprint(old) },
      requestId: null,
    })
  })
  say('The old key may be deleted: no process has it, and it opens nothing any more, except backups of before.')
}
