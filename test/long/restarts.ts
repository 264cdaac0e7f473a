import { percentile } from '../proof/recovery.ts'
import { restarts } from '../proof/restarts.ts'

export const title = 'PostgreSQL stopped at once under load'

export async function run() {
  const found = await restarts({ restarts: 30, pauseMs: 14_000, perSecond: 100 })
  const { contacts, invoices, mails } = found.tally
  const slowest = found.backMs.at(-1) ?? Number.POSITIVE_INFINITY
  return {
    figure:
      `${found.restarts} times: ${found.acknowledged} acknowledged, ${found.refused} refused; contacts ${contacts.missing} lost, ` +
      `invoices ${invoices.missing} lost, ${invoices.twice} twice, mails ${mails.twice} twice, ${mails.hidden} missing unseen; ` +
      `${found.processesGone} processes gone; back at the full rate after ${(percentile(found.backMs, 0.5) / 1000).toFixed(1)} s (median), ${(slowest / 1000).toFixed(1)} s (longest)`,
    ok:
      found.restarts === 30 &&
      found.processesGone === 0 &&
      slowest <= 5_000 &&
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
