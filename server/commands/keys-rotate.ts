import { parseArgs } from 'node:util'
import { readConfig } from '../config.ts'
import { openDatabase } from '../store/database/database.ts'
import { migrate } from '../store/database/migrate.ts'
import { finishKey } from './finish-key.ts'
import { aloneWithKeys } from './key-lock.ts'
import { keysFor, say } from './key-places.ts'
import { fail, withOwnDatabase } from './own-database.ts'
import { rotateKey } from './rotate-key.ts'
import { showKeys } from './show-keys.ts'

// npm run keys:rotate [-- --finish | --show]: replaces the secret key, while the product runs or while it does not;
// --finish ends the old one when nobody needs it any more; --show lists the keys and how many values each has sealed.
// Killed anywhere, it goes on when run again.

try {
  const { finish, show } = parseArgs({
    options: { finish: { type: 'boolean', default: false }, show: { type: 'boolean', default: false } },
  }).values
  const config = readConfig()
  await withOwnDatabase(config, 'running or not', async (url) => {
    const { db, close } = openDatabase({ url, max: 2, applicationName: 'tieline keys:rotate' })
    try {
      await migrate(db)
      const place = { db, database: decodeURIComponent(new URL(url).pathname.slice(1)), dataDir: config.dataDir }
      if (show) return await showKeys(db)
      await aloneWithKeys(url, async () => {
        const keys = await keysFor(db, config, finish ? 'finish' : 'rotate')
        const alone = finish || (await rotateKey(place, keys))
        if (alone) await finishKey(place, keys)
        else {
          say('Then start every process with the new key alone, one after the other, and run this again with --finish.')
          say('Only then is the old key out of use.')
        }
      })
    } finally {
      await close()
    }
  })
} catch (error) {
  fail(error)
}
