import { expect, test } from 'vitest'
import { emptyDatabase } from '../support/database.ts'
import { ROOT } from '../support/source-tree.ts'
import { deploy, nextVersion } from './deploy.ts'

/** Touches what everything that is at work reads and writes. */
const MIGRATION = `
import { sql } from 'kysely'
export async function up(db) {
  for (const table of ['flows', 'hooks', 'connections', 'steps', 'effects', 'calls', 'inbox', 'runs', 'workers']) {
    await sql\`alter table \${sql.id(table)} add column newer text not null default 'yes'\`.execute(db)
  }
}
`

test('a newer version starts under load: the older one ends by itself, nothing is lost, doubled or left to anybody', {
  timeout: 300_000,
}, async () => {
  const database = await emptyDatabase()
  const next = nextVersion(MIGRATION)
  try {
    const found = await deploy({ databaseUrl: database.url, older: ROOT, newer: next.root, perSecond: 15 })
    expect(found.acknowledged).toBeGreaterThan(50)
    // While tables are locked, senders are asked to come again.
    expect(found.refused.filter((answer) => !answer.startsWith('503 '))).toEqual([])
    expect(found).toMatchObject({ unanswered: 0, exits: [0, 0], olderReady: 503, failedRuns: 0 })
    const { contacts, invoices, mails, unknown } = found.tally
    expect({ contacts, invoices, mails, unknown }).toEqual({
      contacts: { missing: 0, twice: 0 },
      invoices: { missing: 0, twice: 0 },
      mails: { missing: 0, twice: 0, hidden: 0 },
      unknown: 0,
    })
    expect(found.said.filter((line) => line.includes('a newer version of the product'))).toHaveLength(2)
    // A look every five seconds, and what was in hand.
    expect(found.olderGoneMs).toBeLessThan(25_000)
  } finally {
    next.remove()
    await database.drop()
  }
})
