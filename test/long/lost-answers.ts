import { lostAnswers } from '../proof/lost-answers.ts'
import { testDatabase } from '../support/database.ts'

export const title = 'every fifth answer lost after the remote applied it'

/** 10,000 orders of three writes each, ten to a call. */
export async function run() {
  const database = await testDatabase()
  const { acknowledged, lost, tally } = await lostAnswers({ databaseUrl: database.url, orders: 10_000, most: 10 })
  await database.drop()
  const { contacts, invoices, mails, unknown } = tally
  return {
    figure:
      `${acknowledged} orders, ${lost} answers lost: contacts ${contacts.missing} lost, ${contacts.twice} twice; ` +
      `invoices ${invoices.missing} lost, ${invoices.twice} twice; mails ${mails.twice} twice, ${unknown} listed as unknown, ${mails.hidden} missing unseen`,
    ok:
      acknowledged === 10_000 &&
      lost > 500 &&
      contacts.missing +
        contacts.twice +
        invoices.missing +
        invoices.twice +
        mails.twice +
        mails.hidden +
        tally.unexplained.length ===
        0,
  }
}
