import type { ActorKind } from '../audit/chain.ts'
import type { Json } from './schema.ts'

/** Row types of the audit log. Meanings: migrations/0012-audit.ts. */
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
}
