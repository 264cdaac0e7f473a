import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { deleteAgain } from '../close/end-deletion.ts'
import { readConfig } from '../config.ts'
import { secretKeys } from '../secret-key.ts'
import { ERASURE_FILE, type Erasure, readErasures } from '../store/erasure/erasure-record.ts'
import { proofKey } from '../store/backup/backup-proof.ts'
import { restoreBackup } from '../store/backup/restore.ts'
import { keyFingerprint } from '../store/key/secrets.ts'
import { fail, withOwnDatabase } from './own-database.ts'
import { sayErasures } from './say-erasures.ts'
import { sayHeld } from './say-held.ts'

// npm run restore -- file [--force] [--unproven] [--erasures FILE]… [--blank-runs] [--moved]: fills an empty database from a backup, and erases
// again what was erased after it was made; --force replaces what is there. Without --moved flows wait for somebody.

const say = (line: string) => void process.stdout.write(`${line}\n`)

try {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      force: { type: 'boolean', default: false },
      erasures: { type: 'string', multiple: true, default: [] },
      unproven: { type: 'boolean', default: false },
      'blank-runs': { type: 'boolean', default: false },
      moved: { type: 'boolean', default: false },
    },
  })
  const [file] = positionals
  if (file === undefined) {
    throw Object.assign(
      new Error(
        'usage: npm run restore -- <file> [--force] [--unproven] [--erasures <file of another machine>] [--blank-runs] [--moved]',
      ),
      { code: 'USAGE' },
    )
  }
  const config = readConfig()
  const roots = secretKeys(config) // made before a new database is, or the product would miss it
  const own = join(config.dataDir, ERASURE_FILE)
  const files = [...(existsSync(own) ? [own] : []), ...values.erasures.map((one) => resolve(one))]
  const erasures: Erasure[] = []
  let until: Date | undefined
  for (const one of files) {
    const read = await readErasures(one)
    erasures.push(...read.erasures)
    if (until === undefined || read.until > until) until = read.until
  }
  await withOwnDatabase(config, 'stopped', async (url) => {
    const { tables, rows, made, again, held, replaced } = await restoreBackup({
      ...{ url, file: resolve(file), keys: roots.map(keyFingerprint), force: values.force, say },
      ...{ proofs: roots.map(proofKey), unproven: values.unproven, moved: values.moved },
      erasures: { roots, erasures, blankRuns: values['blank-runs'], deleteWorkspace: deleteAgain },
    })
    say(`restored ${rows} rows of ${tables} tables`)
    if (held) say(sayHeld(held, made))
    for (const line of sayErasures({ again, made, until: replaced ? new Date() : until, file: own })) say(line)
  })
} catch (error) {
  fail(error)
}
