import { zombies } from '../proof/zombies.ts'
import { testDatabase } from '../support/database.ts'

export const title = 'zombies: workers frozen for three leases'

export async function run() {
  const database = await testDatabase()
  const found = await zombies({ databaseUrl: database.url, cycles: 100, orders: 200, most: 50, leaseSeconds: 1 })
  await database.drop()
  const { contacts, invoices, mails } = found.tally
  return {
    figure:
      `${found.cycles} cycles, taken over in ${found.takenOver}, in ${found.atWork} with the other one at the same batch: ${found.accepted} writes accepted from a zombie; ` +
      `contacts ${contacts.missing} lost, ${contacts.twice} twice; invoices ${invoices.missing} lost, ${invoices.twice} twice; ` +
      `mails ${mails.twice} twice, ${mails.hidden} missing unseen`,
    ok:
      found.takenOver >= 90 &&
      found.atWork >= 30 &&
      found.accepted +
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
