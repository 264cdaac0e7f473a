import type { Config } from './config.ts'
import { keyFingerprint } from './secret-key.ts'
import { connectionRoom, shareConnections } from './store/connection-room.ts'
import { openDatabase } from './store/database.ts'
import { checkKey } from './store/key-check.ts'
import { ensureLogins, type Logins } from './store/logins.ts'
import { migrate } from './store/migrate.ts'
import type { WorkerRole } from './store/schema.ts'

/**
 * Makes a database ready with its owner's login: schema, key, logins. Processes that start at the same time, also on an
 * empty database, wait for each other. Answers how to connect, and how many connections may be opened for what.
 */
export async function prepareDatabase(
  url: string,
  key: Buffer,
  config: Pick<Config, 'databaseAppUrl' | 'databaseSystemUrl' | 'databaseConnections'>,
  role: WorkerRole,
  warn: (message: string) => void,
): Promise<{ readonly logins: Logins; readonly share: ReturnType<typeof shareConnections> }> {
  const owner = openDatabase({ url, max: 2, applicationName: 'tieline migration' })
  try {
    await migrate(owner.db)
    await checkKey(owner.db, keyFingerprint(key))
    const room = await connectionRoom(owner.db, config.databaseConnections, warn)
    const share = shareConnections(room, role !== 'api')
    const { databaseAppUrl: appUrl, databaseSystemUrl: systemUrl } = config
    return { logins: appUrl && systemUrl ? { appUrl, systemUrl } : await ensureLogins(owner, key), share }
  } finally {
    await owner.close()
  }
}
