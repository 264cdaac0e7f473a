import { type Kysely, sql } from 'kysely'
import type { Database } from '../database/schema.ts'

export type Ways = {
  readonly password: boolean
  readonly secondFactor: boolean
  readonly sso: boolean
  readonly preferences: { readonly [name: string]: unknown }
}

/** In which ways a person can prove who they are, and what they prefer. With the system login. */
export async function waysOf(db: Kysely<Database>, user: string): Promise<Ways> {
  const { rows } = await sql<Ways>`
    select password_hash is not null as password, preferences,
      exists (select 1 from second_factors f where f.user_id = u.id and f.confirmed_at is not null) as "secondFactor",
      exists (select 1 from identities i where i.user_id = u.id) as sso
    from users u where u.id = ${user}
  `.execute(db)
  if (!rows[0]) throw new Error(`There is no person ${user}.`)
  return rows[0]
}
