import { kills } from '../proof/kills.ts'
import { testDatabase } from '../support/database.ts'

export const title = 'kill -9 of workers at random'

/** 3 workers, 20,000 orders in 400 runs, both remotes faulty, 300 kills. */
export async function run() {
  const database = await testDatabase()
  const found = await kills({
    databaseUrl: database.url,
    ...{ workers: 3, orders: 20_000, most: 50, kills: 300, pause: [500, 1_500], leaseSeconds: 2, seed: 20_261_122 },
  })
  await database.drop()
  const { contacts, invoices, mails, unknown } = found.tally
  return {
    figure:
      `${found.kills} kills, ${found.acknowledged} orders acknowledged; contacts (upsert) ${contacts.missing} lost, ${contacts.twice} twice; ` +
      `invoices (keyed) ${invoices.missing} lost, ${invoices.twice} twice; mails (unsafe) ${mails.twice} twice, ` +
      `${mails.missing} not sent, ${mails.hidden} of them without a visible unknown; ${unknown} unknown; ${found.carriedOutAgain} runs carried out again by hand`,
    ok:
      found.acknowledged === 20_001 &&
      contacts.missing +
        contacts.twice +
        invoices.missing +
        invoices.twice +
        mails.twice +
        mails.hidden +
        found.tally.unexplained.length ===
        0,
  }
}
