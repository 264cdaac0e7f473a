import { type Kysely, sql } from 'kysely'
import type { Database } from '../database/schema.ts'

type Db = Kysely<Database>

export type Change = {
  /** Fields as they are to be. */
  readonly set: { readonly [field: string]: unknown }
  /** Fields that are to be no more. */
  readonly unset: readonly string[]
  readonly weekly?:
    | { readonly workspaces: { readonly [workspace: string]: boolean }; readonly zone: string }
    | undefined
}

/**
 * Changes what is named and leaves the rest as it is, in one statement: of two that come together neither undoes the other.
 * Answers the preferences as they are then. Workspaces that the person is not in are left out.
 */
export async function changePreferences(system: Db, user: string, { set, unset, weekly }: Change): Promise<object> {
  const asked = JSON.stringify(weekly?.workspaces ?? {})
  const { rows } = await sql<{ preferences: object }>`
    update users u set preferences = (u.preferences || ${JSON.stringify(set)}::jsonb) - ${[...unset]}::text[]
      || case when ${weekly === undefined} then '{}' else jsonb_build_object('weekly', jsonb_strip_nulls(jsonb_build_object(
        'zone', ${weekly?.zone ?? ''}::text,
        'workspaces', (
          select coalesce(jsonb_agg(m.workspace_id order by m.workspace_id), '[]') from members m
          where m.user_id = u.id and coalesce(
            (${asked}::jsonb -> m.workspace_id::text)::boolean,
            coalesce(u.preferences -> 'weekly' -> 'workspaces', '[]') ? m.workspace_id::text
          )
        ),
        'stopped', (u.preferences -> 'weekly' -> 'stopped') - ${Object.keys(weekly?.workspaces ?? {})}::text[]
      ))) end
    where u.id = ${user}
    returning preferences
  `.execute(system)
  return rows[0]?.preferences ?? {}
}

/** By the link in a letter: of one workspace, and nothing else. Does nothing where the person does not have it. */
export async function stopWeekly(system: Db, user: string, workspace: string): Promise<void> {
  await sql`
    update users set preferences = jsonb_set(
      jsonb_set(preferences, '{weekly,workspaces}', (preferences -> 'weekly' -> 'workspaces') - ${workspace}::text),
      '{weekly,stopped}',
      coalesce(preferences -> 'weekly' -> 'stopped', '{}') || jsonb_build_object(${workspace}::text,
        to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
    )
    where id = ${user} and preferences -> 'weekly' -> 'workspaces' ? ${workspace}::text
  `.execute(system)
}
