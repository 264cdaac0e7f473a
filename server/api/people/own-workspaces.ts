import type { Transaction } from 'kysely'
import type { Membership, Permission } from '../../contract/people.ts'
import { inWorkspace } from '../../store/database/database.ts'
import type { Database } from '../../store/database/schema.ts'
import type { Who } from '../http/access.ts'
import { workspacesOf } from './me.ts'
import type { AppParts } from '../http/parts.ts'

/** Workspaces that are asked about at the same time: each takes a connection to the database. */
const TOGETHER = 4

/** Own workspaces of which nothing is told, as they ask for another way of signing in. */
export type Shut = { readonly workspace: string; readonly name: string }

/**
 * Asks each workspace of a person in which they have all of these permissions, each in a transaction that sees that workspace alone.
 * What keeps somebody out of a workspace keeps them out here too.
 */
export async function askOwn<T>(
  parts: AppParts,
  who: Who,
  needs: readonly Permission[],
  ask: (tx: Transaction<Database>, own: Membership) => Promise<T>,
): Promise<{ readonly answers: readonly T[]; readonly shut: readonly Shut[] }> {
  const all = (await workspacesOf(parts, who)).filter(({ permissions }) =>
    needs.every((one) => permissions.includes(one)),
  )
  const open = all.filter(({ lacks }) => lacks === null)
  const answers: T[] = []
  for (let from = 0; from < open.length; from += TOGETHER) {
    const some = open.slice(from, from + TOGETHER)
    answers.push(...(await Promise.all(some.map((own) => inWorkspace(parts.app, own.id, (tx) => ask(tx, own))))))
  }
  const shut = all.filter(({ lacks }) => lacks !== null).map(({ id, name }) => ({ workspace: id, name }))
  return { answers, shut }
}
