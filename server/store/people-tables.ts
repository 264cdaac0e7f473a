import type { Generated } from 'kysely'
import type { DefaultNow, Role } from './schema.ts'

/** Who may come in. Meanings: migrations/0001-ground-floor.ts and 0018-people.ts. */
export type PeopleTables = {
  users: {
    id: string
    email: string
    name: string
    password_hash: string
    created_at: DefaultNow
    disabled_at: Date | null
  }
  sessions: {
    id: Generated<string>
    hash: Buffer
    user_id: string
    created_at: DefaultNow
    seen_at: DefaultNow
    expires_at: Date
    address: string
    agent: string
  }
  setup_links: { hash: Buffer; created_at: DefaultNow; expires_at: Date; used_at: Date | null }
  members: { workspace_id: string; user_id: string; role: Role; created_at: DefaultNow }
  api_tokens: {
    workspace_id: string
    id: string
    prefix: string
    hash: Buffer
    user_id: string
    name: string
    created_at: DefaultNow
    expires_at: Date | null
    used_at: Date | null
    revoked_at: Date | null
  }
  invitations: {
    workspace_id: string
    id: string
    email: string
    role: Role
    hash: Buffer
    invited_by: string
    created_at: DefaultNow
    expires_at: Date
    used_at: Date | null
    revoked_at: Date | null
  }
}
