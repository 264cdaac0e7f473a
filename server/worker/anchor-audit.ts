import { existsSync } from 'node:fs'
import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { anchorKey, signAnchor, signHandover } from '../audit/anchor.ts'
import { ANCHOR_FILE } from '../audit/chain.ts'
import { auditHeads } from '../store/workspace/audit.ts'
import { type KeyInventory, readInventory } from '../store/key/key-inventory.ts'
import type { Keyring } from '../store/key/secrets.ts'
import type { WorkerLog } from './carry-out.ts'
import type { HousekeepingTask } from './housekeeping.ts'

/**
 * Every ten minutes the heads of all chains of the audit log that have moved are signed, appended to a file in the data
 * directory and logged: whoever keeps a copy of either can show later that a log was cut short or made anew. The file of
 * each machine is vouched for by the key that replaces the one before.
 */
export function anchorAudit(dataDir: string, keys: Keyring, log: WorkerLog): HousekeepingTask {
  const anchored = new Map<string, number>()
  const file = join(dataDir, ANCHOR_FILE)
  return {
    name: 'audit-anchors',
    everySeconds: 600,
    async run(db) {
      const at = new Date().toISOString()
      if (keys.held.length > 1) await vouch(file, keys, at, replaced(await readInventory(db)))
      const moved = (await auditHeads(db)).filter(({ workspace, sequence }) => anchored.get(workspace) !== sequence)
      if (moved.length === 0) return
      const anchors = moved.map((head) => signAnchor(keys.root, { at, ...head }))
      await appendFile(file, anchors.map((one) => `${JSON.stringify(one)}\n`).join(''), {
        mode: 0o600,
      })
      for (const anchor of anchors) {
        log.info({ anchor }, 'audit log anchored')
        anchored.set(anchor.workspace, anchor.sequence)
      }
    },
  }
}

const replaced = ({ keys }: KeyInventory): readonly string[] =>
  keys.filter(({ replacedAt }) => replacedAt !== null).map(({ fingerprint }) => fingerprint)

/** Once for each key that has signed here before and was replaced. */
async function vouch(file: string, { root, held }: Keyring, at: string, before: readonly string[]): Promise<void> {
  const there = existsSync(file) ? await readFile(file, 'utf8') : ''
  for (const key of held.filter(({ fingerprint }) => before.includes(fingerprint))) {
    const earlier = anchorKey(key.root)
    if (there.includes(`"earlier":"${earlier}"`)) continue
    await appendFile(file, `${JSON.stringify({ handover: signHandover(root, earlier, at) })}\n`, { mode: 0o600 })
  }
}
