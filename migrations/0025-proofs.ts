import { type Kysely, sql } from 'kysely'

// How somebody proves who they are beyond a password: second factors, single sign-on, links that set a password, and
// what a workspace asks for. A session and a token know by which proofs they came to be.
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  // Somebody who comes by single sign-on needs no password.
  `alter table users alter column password_hash drop not null`,
  `alter table users add column preferences jsonb not null default '{}'`,

  // means: what began it. second_at: a second factor was given. proved_at: when the person last proved who they are.
  `alter table sessions
    add column means text not null default 'password' check (means in ('password', 'sso')),
    add column second_at timestamptz,
    add column proved_at timestamptz not null default now()`,

  // secret: sealed, as users/second-factor. last_step: no code of it or of an earlier step is taken again.
  `create table second_factors (
    user_id uuid primary key references users (id) on delete cascade,
    secret bytea not null,
    created_at timestamptz not null default now(),
    confirmed_at timestamptz,
    last_step bigint not null default 0
  )`,
  `create table recovery_codes (
    user_id uuid not null references users (id) on delete cascade,
    hash bytea not null,
    used_at timestamptz,
    primary key (user_id, hash)
  )`,
  `create table password_links (
    hash bytea primary key,
    user_id uuid not null references users (id) on delete cascade,
    made_by text not null check (made_by in ('mail', 'owner', 'command')),
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz
  )`,
  `create index password_links_user on password_links (user_id)`,

  `create table identities (
    issuer text not null,
    subject text not null,
    user_id uuid not null references users (id) on delete cascade,
    created_at timestamptz not null default now(),
    primary key (issuer, subject),
    unique (user_id, issuer)
  )`,
  // A sign-in that has begun. verifier: of PKCE, sealed. session: of whom it began as, else a cookie of the sign-in alone.
  `create table sso_states (
    hash bytea primary key,
    bound bytea not null,
    nonce text not null,
    verifier bytea not null,
    purpose text not null check (purpose in ('sign-in', 'prove', 'link', 'join')),
    user_id uuid references users (id) on delete cascade,
    invitation bytea,
    return_to text,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null
  )`,
  `grant select, insert, update, delete on second_factors, recovery_codes, password_links, identities, sso_states
    to tieline_system`,

  `alter table workspaces
    add column require_sso boolean not null default false,
    add column require_second_factor boolean not null default false`,

  // scopes: permissions, null for all of the person's role. The others: which proofs its maker's session had.
  `alter table api_tokens
    add column scopes text[],
    add column made_by_sso boolean not null default false,
    add column made_with_second_factor boolean not null default false`,
]
