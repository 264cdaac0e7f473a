import { keysKnown } from '../store/key/key-check.ts'
import { keyHolders } from '../store/key/key-holders.ts'
import { countSealed, readInventory, writeInventory } from '../store/key/key-inventory.ts'
import type { OpenDatabase } from '../store/database/database.ts'
import { say } from './key-places.ts'

/** Lists the secret keys without their material, and counts how many values each has sealed. */
export async function showKeys(db: OpenDatabase['db']): Promise<void> {
  const { now, replacing } = await keysKnown(db)
  const { keys } = await readInventory(db)
  const { holders } = await keyHolders(db)
  const counted = new Map(await countSealed(db))
  const all = counted.values().reduce((sum, n) => sum + n, 0)
  const values: { [fingerprint: string]: number } = {}
  for (const { id, fingerprint, since, replacedAt, endedAt } of keys) {
    values[fingerprint] = counted.get(id) ?? 0
    counted.delete(id)
    const state =
      fingerprint === now
        ? 'counts'
        : fingerprint === replacing
          ? `is replacing ${now}`
          : endedAt === null
            ? `replaced ${replacedAt}, not ended`
            : `ended ${endedAt}`
    const age = since === null ? 'of unknown age' : `since ${since}, ${days(since)} days`
    const held = holders.filter((one) => one.keys.includes(fingerprint)).length
    say(`${fingerprint}: ${state}, ${age}; ${share(values[fingerprint], all)}; held by ${held} processes`)
  }
  for (const [id, n] of counted) say(`another key (${id} in values): ${share(n, all)}`)
  await writeInventory(db, { keys, counted: { at: new Date().toISOString(), values } })
}

const days = (since: string): number => Math.floor((Date.now() - Date.parse(since)) / 86_400_000)

const share = (n: number, all: number): string =>
  `${n} of ${all} values${all === 0 ? '' : ` (${Math.floor((n / all) * 10_000) / 100} %)`}`
