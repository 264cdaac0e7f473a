import { sql } from 'kysely'
import { openDatabase } from '../store/database.ts'
import { refuse } from './key-places.ts'

/**
 * For as long as the work takes, nobody else replaces the key of this database: two who do it at once, each with a new key
 * of their own, would leave values that neither opens alone. Ends with the process, however that ends.
 */
export async function aloneWithKeys(url: string, work: () => Promise<void>): Promise<void> {
  const { db, close } = openDatabase({ url, max: 1, applicationName: 'tieline keys:rotate' })
  try {
    await db.connection().execute(async (one) => {
      const { rows } = await sql<{ mine: boolean }>`
        select pg_try_advisory_lock(hashtext('tieline keys')) as mine
      `.execute(one)
      if (!rows[0]?.mine) {
        throw refuse('Another npm run keys:rotate is at work on this database. Nothing was changed. Wait for its end.')
      }
      await work()
    })
  } finally {
    await close()
  }
}
