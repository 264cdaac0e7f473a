import type { Config } from './config.ts'
import { shareConnections } from './store/database/connection-room.ts'
import { openDatabase } from './store/database/database.ts'
import { keptKeys, keyringOf } from './store/key/kept-keys.ts'
import { checkKey } from './store/key/key-check.ts'
import { noteKey } from './store/key/key-inventory.ts'
import { ensureLogins, type Logins } from './store/database/logins.ts'
import { migrate } from './store/database/migrate.ts'
import { keyFingerprint, type Keyring } from './store/key/secrets.ts'
import type { WorkerSelf } from './store/database/workers.ts'
import { takeConnections } from './take-connections.ts'

/**
 * Makes a database ready with its owner's login: schema, key, logins. Processes that start at the same time, also on an
 * empty database, wait for each other. Answers how to connect, how many connections may be opened for what, and what to
 * seal with.
 */
export async function prepareDatabase(
  url: string,
  roots: readonly [Buffer, ...Buffer[]],
  config: Pick<Config, 'databaseAppUrl' | 'databaseSystemUrl' | 'databaseConnections'>,
  self: WorkerSelf,
  warn: (message: string) => void,
): Promise<{ readonly logins: Logins; readonly share: ReturnType<typeof shareConnections>; readonly keys: Keyring }> {
  const owner = openDatabase({ url, max: 2, applicationName: 'tieline migration' })
  try {
    await migrate(owner.db)
    await checkKey(owner.db, roots.map(keyFingerprint))
    const keys = await keyringOf(owner.db, ...roots)
    await noteKey(owner.db, keys)
    const held = keys.held.map(({ fingerprint }) => fingerprint)
    const room = await takeConnections(owner.db, self, held, config.databaseConnections, warn)
    const share = shareConnections(room, self.role !== 'api')
    const { databaseAppUrl: appUrl, databaseSystemUrl: systemUrl } = config
    if (appUrl && systemUrl) return { logins: { appUrl, systemUrl }, share, keys }
    const kept = await keptKeys(owner.db, keys)
    return { logins: await ensureLogins(owner, keys.root, kept?.logins), share, keys }
  } finally {
    await owner.close()
  }
}
