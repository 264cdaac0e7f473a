import type { Generated } from 'kysely'
import type { DefaultNow, Json } from './schema.ts'

/** Hooks and the events that came in by them: migrations/0008-hooks.ts. */
export type HookTables = {
  hooks: {
    workspace_id: string
    id: string
    flow_id: string
    node_id: string
    node_name: string
    operation: string
    kind: 'signed' | 'token' | 'xero'
    /** 128 random bits, base64url; null for kinds that share one address. */
    address: string | null
    slot: string | null
    settings: Json<{ readonly [name: string]: unknown }>
    most: number
    seconds: number
    secret: Buffer | null
    secret_ends: string | null
    old_secret: Buffer | null
    old_secret_until: Date | null
    live: Generated<boolean>
    created_at: DefaultNow
  }
  hook_hours: {
    workspace_id: string
    hook_id: string
    hour: Date
    taken: Generated<number>
    repeated: Generated<number>
    refused: Generated<number>
  }
  inbox: {
    workspace_id: string
    hook_id: string
    id: string
    key: string
    key_hash: Buffer
    received_at: DefaultNow
    repeats: Generated<number>
    run_id: string | null
    bytes: number
    /** Records that a run had carried out before it gave the event back. */
    done: Generated<number>
    /** Sealed; null once it is not kept any more. */
    content: Buffer | null
  }
}
