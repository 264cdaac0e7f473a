import { replaceSetupLink } from '../api/people/set-up-link.ts'
import { readConfig } from '../config.ts'
import { readRunFile } from '../postgres/run-file.ts'
import { openDatabase } from '../store/database/database.ts'
import { migrate } from '../store/database/migrate.ts'
import { fail, withOwnDatabase } from './own-database.ts'

// npm run setup-link: makes the one-time link again, and ends those that were made before.

try {
  const config = readConfig()
  await withOwnDatabase(config, 'running or not', async (url) => {
    const database = openDatabase({ url, max: 2, applicationName: 'tieline setup-link' })
    try {
      await migrate(database.db)
      const path = await replaceSetupLink(database.db)
      if (path === undefined) {
        process.stdout.write('There is an owner already, so there is nothing to set up. Sign in.\n')
        return
      }
      const port = config.port === 0 ? '' : `:${config.port}`
      const origin = config.publicUrl ?? readRunFile(config.dataDir)?.url ?? `http://localhost${port}`
      process.stdout.write(`Open this link once, within 24 hours, to become the owner:\n  ${origin}${path}\n`)
    } finally {
      await database.close()
    }
  })
} catch (error) {
  fail(error)
}
