import { failover } from '../proof/failover.ts'
import { percentile } from '../proof/recovery.ts'

export const title = 'a synchronous standby takes over under load'

export async function run() {
  const found = await failover({ promotions: 50, pauseMs: 5_000, perSecond: 50 })
  const { contacts, invoices, mails } = found.tally
  return {
    figure:
      `${found.promotions} times: ${found.acknowledged} acknowledged, ${found.refused} refused; contacts ${contacts.missing} lost, ` +
      `invoices ${invoices.missing} lost, ${invoices.twice} twice, mails ${mails.twice} twice, ${mails.hidden} missing unseen; ` +
      `${found.processesGone} processes gone, ${found.failedRuns} runs failed; back after ${(percentile(found.backMs, 0.5) / 1000).toFixed(1)} s (median), ${((found.backMs.at(-1) ?? Number.POSITIVE_INFINITY) / 1000).toFixed(1)} s (longest)`,
    ok:
      found.promotions === 50 &&
      found.processesGone + found.failedRuns === 0 &&
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
