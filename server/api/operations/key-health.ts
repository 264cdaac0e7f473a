import type { Kysely } from 'kysely'
import type { Operations } from '../../contract/operations.ts'
import { keysKnown } from '../../store/key/key-check.ts'
import { readInventory } from '../../store/key/key-inventory.ts'
import type { Database } from '../../store/database/schema.ts'
import { keysOfProcesses } from '../../store/database/workers.ts'

/** The secret keys of the installation by their fingerprints, with the processes that hold them. With the system login. */
export async function viewKeys(system: Kysely<Database>): Promise<Operations['keys']> {
  const { now, replacing } = await keysKnown(system)
  const { keys, counted } = await readInventory(system)
  const held = await keysOfProcesses(system)
  const all = Object.values(counted?.values ?? {}).reduce((sum, n) => sum + n, 0)
  return {
    countedAt: counted?.at ?? null,
    items: keys.map(({ fingerprint, since, replacedAt, endedAt }) => ({
      ...{ fingerprint, since, replacedAt, endedAt },
      state:
        fingerprint === now ? 'current' : fingerprint === replacing ? 'next' : endedAt === null ? 'replaced' : 'ended',
      heldBy: held.filter((process) => process.includes(fingerprint)).length,
      share: counted === null || all === 0 ? null : (counted.values[fingerprint] ?? 0) / all,
    })),
  }
}
