import type { Generated } from 'kysely'
import type { DefaultNow, Json, Role } from './schema.ts'

/** What began a session: a password, or the sign-in at another place. */
export type Means = 'password' | 'sso'

/** Who may come in. Meanings: migrations/0001-ground-floor.ts, 0018-people.ts, 0025-proofs.ts and 0055-hands.ts. */
export type PeopleTables = {
  users: {
    id: string
    email: string
    name: string
    password_hash: string | null
    created_at: DefaultNow
    disabled_at: Date | null
    preferences: Json<{ [name: string]: unknown }> | Generated<never>
    proven_at: Date | null
    proven_by: 'setup' | 'sso' | 'mail' | 'command' | null
  }
  hands: { user_id: string; hand_id: string; how: 'joined' | 'password'; since: DefaultNow; until: Date | null }
  sessions: {
    id: Generated<string>
    hash: Buffer
    user_id: string
    created_at: DefaultNow
    seen_at: DefaultNow
    expires_at: Date
    address: string
    agent: string
    means: Generated<Means>
    second_at: Date | null
    proved_at: DefaultNow
  }
  second_factors: {
    user_id: string
    secret: Buffer
    created_at: DefaultNow
    confirmed_at: Date | null
    last_step: Generated<number>
  }
  recovery_codes: { user_id: string; hash: Buffer; used_at: Date | null }
  password_links: {
    hash: Buffer
    user_id: string
    made_by: 'mail' | 'owner' | 'command'
    made_by_user: string | null
    vouches: Generated<boolean>
    created_at: DefaultNow
    expires_at: Date
    used_at: Date | null
  }
  identities: { issuer: string; subject: string; user_id: string; created_at: DefaultNow }
  sso_states: {
    hash: Buffer
    bound: Buffer
    nonce: string
    verifier: Buffer
    purpose: 'sign-in' | 'prove' | 'link' | 'join'
    user_id: string | null
    invitation: Buffer | null
    return_to: string | null
    created_at: DefaultNow
    expires_at: Date
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
    scopes: string[] | null
    addresses: string[] | null
    made_by_sso: Generated<boolean>
    made_with_second_factor: Generated<boolean>
  }
  invitations: {
    workspace_id: string
    id: string
    email: string
    role: Role
    hash: Buffer
    invited_by: string
    accepted_by: string | null
    created_at: DefaultNow
    expires_at: Date
    used_at: Date | null
    revoked_at: Date | null
  }
}
