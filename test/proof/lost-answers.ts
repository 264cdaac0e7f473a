import { openFleet } from '../support/fleet.ts'
import { openShop, orderNumbers, quiescent, type Tally, tally } from './orders.ts'

export type LostAnswersOptions = { readonly databaseUrl: string; readonly orders: number; readonly most: number }

/** Every fifth answer to a write is lost after the remote did what was asked. */
export async function lostAnswers(
  options: LostAnswersOptions,
): Promise<{ readonly acknowledged: number; readonly lost: number; readonly tally: Tally }> {
  const fleet = await openFleet({ databaseUrl: options.databaseUrl, xero: { contacts: 1 } })
  try {
    const shop = await openShop(fleet, options.most)
    const calls = Math.ceil(options.orders / options.most)
    // Each lets four more calls pass than the one before: the ones that are hit do not count.
    for (let n = 0; n < calls; n++) {
      fleet.emarsys.addFaults([
        { match: { method: 'PUT', pathPrefix: '/contact' }, kind: 'reset-after', skip: 4 * (n + 1) },
        { match: { pathPrefix: '/event/' }, kind: 'reset-after', skip: 4 * (n + 1) },
      ])
      fleet.xero.state.faults.add([
        { match: { method: 'PUT', pathPrefix: '/api.xro/2.0/Invoices' }, kind: 'reset-after', skip: 4 * (n + 1) },
        { match: { method: 'POST', pathPrefix: '/api.xro/2.0/Invoices' }, kind: 'reset-after', skip: 4 * (n + 1) },
      ])
    }
    const armed = fleet.emarsys.faults().length + fleet.xero.state.faults.pending.length
    await fleet.start('worker')
    const acknowledged = await shop.send(orderNumbers(0, options.orders))
    await quiescent(fleet, shop.flow)
    const left = fleet.emarsys.faults().length + fleet.xero.state.faults.pending.length
    return { acknowledged: acknowledged.length, lost: armed - left, tally: await tally(fleet, acknowledged) }
  } finally {
    await fleet.close()
  }
}
