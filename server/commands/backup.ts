import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { readConfig } from '../config.ts'
import { secretKey } from '../secret-key.ts'
import { writeBackup } from '../store/backup/backup.ts'
import { proofKey } from '../store/backup/backup-proof.ts'
import { keyFingerprint } from '../store/key/secrets.ts'
import { fail, withOwnDatabase } from './own-database.ts'

// npm run backup [-- file]: writes all data into one file, while the product runs or while it does not.

const say = (line: string) => void process.stdout.write(`${line}\n`)

try {
  const { positionals } = parseArgs({ allowPositionals: true })
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(':', '')
  const file = resolve(positionals[0] ?? `tieline-${stamp}.backup`)
  const config = readConfig()
  await withOwnDatabase(config, 'running or not', async (url) => {
    const root = secretKey(config)
    const [key, proof] = [keyFingerprint(root), proofKey(root)]
    const { tables, rows } = await writeBackup({ url, file, key, proof, say })
    say(`wrote ${rows} rows of ${tables} tables to ${file}`)
    say('Keep the secret key apart from it: without the key, the connections in it cannot be opened.')
  })
} catch (error) {
  fail(error)
}
