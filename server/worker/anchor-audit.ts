import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { signAnchor } from '../audit/anchor.ts'
import { ANCHOR_FILE } from '../audit/chain.ts'
import { auditHeads } from '../store/audit.ts'
import type { WorkerLog } from './carry-out.ts'
import type { HousekeepingTask } from './housekeeping.ts'

/**
 * Every ten minutes the heads of all chains of the audit log that have moved are signed, appended to a file in the data
 * directory and logged: whoever keeps a copy of either can show later that a log was cut short or made anew.
 */
export function anchorAudit(dataDir: string, root: Buffer, log: WorkerLog): HousekeepingTask {
  const anchored = new Map<string, number>()
  return {
    name: 'audit-anchors',
    everySeconds: 600,
    async run(db) {
      const at = new Date().toISOString()
      const moved = (await auditHeads(db)).filter(({ workspace, sequence }) => anchored.get(workspace) !== sequence)
      if (moved.length === 0) return
      const anchors = moved.map((head) => signAnchor(root, { at, ...head }))
      await appendFile(join(dataDir, ANCHOR_FILE), anchors.map((one) => `${JSON.stringify(one)}\n`).join(''), {
        mode: 0o600,
      })
      for (const anchor of anchors) {
        log.info({ anchor }, 'audit log anchored')
        anchored.set(anchor.workspace, anchor.sequence)
      }
    },
  }
}
