import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { readConfig } from '../config.ts'
import { keyFingerprint, secretKey } from '../secret-key.ts'
import { restoreBackup } from '../store/restore.ts'
import { fail, withOwnDatabase } from './own-database.ts'

// npm run restore -- file [--force]: fills an empty database from a backup; --force replaces what is there.

const say = (line: string) => void process.stdout.write(`${line}\n`)

try {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { force: { type: 'boolean', default: false } },
  })
  const [file] = positionals
  if (file === undefined)
    throw Object.assign(new Error('usage: npm run restore -- <file> [--force]'), { code: 'USAGE' })
  const config = readConfig()
  const key = keyFingerprint(secretKey(config)) // made before a new database is, or the product would miss it
  await withOwnDatabase(config, 'stopped', async (url) => {
    const { tables, rows } = await restoreBackup({ url, file: resolve(file), key, force: values.force, say })
    say(`restored ${rows} rows of ${tables} tables`)
  })
} catch (error) {
  fail(error)
}
