import type { DeletionRecord } from '../contract/closing.ts'
import type { DeletionRow } from '../store/offboarding/deletions.ts'

/** A record as it is shown, downloaded and hashed. */
export function viewDeletion(row: DeletionRow): DeletionRecord {
  const { audit_sequence: sequence, audit_hash: hash } = row
  return {
    workspace: row.workspace,
    name: row.name,
    askedAt: row.asked_at.toISOString(),
    askedBy: row.asked_by,
    dueAt: row.due_at.toISOString(),
    beganAt: row.began_at.toISOString(),
    finishedAt: row.finished_at?.toISOString() ?? null,
    counts: Object.fromEntries(Object.entries(row.counts).sort(([a], [b]) => (a < b ? -1 : 1))),
    accounts: row.accounts,
    connections: row.connections.map(({ connector, outcome, reason }) => ({ connector, outcome, reason })),
    audit: sequence === null || hash === null ? null : { sequence: Number(sequence), hash: hash.toString('hex') },
    hash: row.hash?.toString('hex') ?? null,
  }
}
