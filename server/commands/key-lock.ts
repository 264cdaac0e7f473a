import { openDatabase } from '../store/database/database.ts'
import { holdKeys } from '../store/key/key-lock.ts'
import { refuse } from './key-places.ts'

/** Does the work while nobody else replaces the key of this database. @throws an Error KEYS if somebody does */
export async function aloneWithKeys(url: string, work: () => Promise<void>): Promise<void> {
  const { db, close } = openDatabase({ url, max: 1, applicationName: 'tieline keys:rotate' })
  try {
    await db.connection().execute(async (one) => {
      if (!(await holdKeys(one))) {
        throw refuse('Another npm run keys:rotate is at work on this database. Nothing was changed. Wait for its end.')
      }
      await work()
    })
  } finally {
    await close()
  }
}
