import { sql, type Transaction } from 'kysely'
import type { OpenKeys, RunClaim } from '../../run/journal/journal.ts'
import type { OpenKey } from './exception-writes.ts'
import type { Database } from '../database/schema.ts'

/**
 * Of one flow, in memory: about 10 MB. Exceptions beyond it are not resolved by themselves in this run; the newest are
 * left out, so that nothing overtakes what waits longest.
 */
const MOST_KEYS = 100_000

/** The keys of a flow's open exceptions, as far as a run needs to know them. */
export class KnownKeys implements OpenKeys {
  readonly #nodes = new Map<string, Map<string, string>>()
  #size = 0

  hasNode(node: string): boolean {
    return this.#nodes.has(node)
  }

  first(node: string, key: string): string | undefined {
    return this.#nodes.get(node)?.get(key)
  }

  /** Keys that are open; one that is known keeps its first exception. */
  add(open: readonly OpenKey[]): void {
    for (const { node, key, exception } of open) {
      let keys = this.#nodes.get(node)
      if (!keys) {
        keys = new Map()
        this.#nodes.set(node, keys)
      }
      if (keys.has(key) || this.#size >= MOST_KEYS) continue
      keys.set(key, exception)
      this.#size += 1
    }
  }

  remove(node: string, key: string): void {
    if (this.#nodes.get(node)?.delete(key)) this.#size -= 1
  }
}

export async function loadOpenKeys(tx: Transaction<Database>, claim: RunClaim): Promise<KnownKeys> {
  const { rows } = await sql<OpenKey>`
    select node_id as node, match_key as key, id as exception from exceptions
    where workspace_id = ${claim.workspace} and flow_id = ${claim.flow} and state in ('open', 'retrying')
      and match_key is not null and not (state = 'retrying' and retry_run is not distinct from ${claim.run}::uuid)
    order by id limit ${MOST_KEYS}
  `.execute(tx)
  const known = new KnownKeys()
  known.add(rows)
  return known
}
