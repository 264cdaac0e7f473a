import type { ActorKind } from '../../audit/chain.ts'
import type { Json } from './schema.ts'

/** Row types of the audit log and of what is left of deleted workspaces. Meanings: migrations/0012-audit.ts, 0034-closing.ts. */
export type AuditTables = {
  audit_heads: { workspace_id: string; sequence: number; hash: Buffer }
  audit_entries: {
    workspace_id: string
    sequence: number
    at: Date
    actor_kind: ActorKind
    actor_id: string | null
    action: string
    subject: Json<unknown>
    detail: Json<unknown>
    request_id: string | null
    personal: Json<unknown> | null
    personal_digest: Buffer
    previous: Buffer
    hash: Buffer
  }
  deletions: {
    workspace: string
    name: string
    asked_at: Date
    asked_by: string | null
    due_at: Date
    began_at: Date
    finished_at: Date | null
    readers: string[]
    members: string[] | null
    accounts: number
    counts: Json<{ readonly [table: string]: number }>
    connections: Json<
      readonly {
        readonly id: string
        readonly connector: string
        readonly outcome: 'revoked' | 'no-sign-in' | 'used-elsewhere' | 'not-revoked'
        readonly reason: string | null
      }[]
    >
    audit_sequence: number | null
    audit_hash: Buffer | null
    hash: Buffer | null
  }
}
