import { rolling } from '../proof/rolling.ts'
import { testDatabase } from '../support/database.ts'

export const title = 'rolling restarts of all processes under load'

const RESTARTS = 100
/** What an orchestrator waits before it kills: 25 s are promised. */
const LONGEST_STOP_MS = 30_000

export async function run() {
  const database = await testDatabase()
  const found = await rolling({ databaseUrl: database.url, restarts: RESTARTS, perSecond: 15 })
  await database.drop()
  const { contacts, invoices, mails, unknown } = found.tally
  const clean = found.exits.filter((code) => code === 0).length
  const longest = found.stopMs.at(-1) ?? Number.POSITIVE_INFINITY
  return {
    figure:
      `${found.exits.length} processes asked to stop, ${clean} ended with 0, the longest after ${(longest / 1000).toFixed(1)} s; ` +
      `${found.acknowledged} orders acknowledged, ${found.refused.length} refused, ${found.unanswered} without an answer; ${found.failedRuns} runs failed; ` +
      `contacts ${contacts.missing} lost, invoices ${invoices.missing} lost, ${invoices.twice} twice, mails ${mails.missing} lost, ${mails.twice} twice, ${unknown} unknown`,
    ok:
      clean === RESTARTS &&
      longest <= LONGEST_STOP_MS &&
      found.refused.length + found.unanswered + found.failedRuns === 0 &&
      contacts.missing + contacts.twice + invoices.missing + invoices.twice === 0 &&
      mails.missing + mails.twice + unknown === 0,
  }
}
