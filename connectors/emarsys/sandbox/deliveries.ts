import type { Account } from './account.ts'
import type { Launch } from './campaigns.ts'

export type DeliveryStatus = 'LAUNCHED' | 'CANCELED' | 'SOFT_BOUNCED' | 'HARD_BOUNCED' | 'BLOCK_BOUNCED'

/** One mail of one campaign to one contact, and what became of it. */
export type Delivery = {
  readonly campaign: number
  readonly launch: number
  /** Number of the contact. */
  readonly contact: number
  /** Milliseconds since 1970, UTC. */
  readonly at: number
  readonly status: DeliveryStatus
  readonly opened: boolean
  readonly clicked: boolean
}

/** An unsubscription that was booked to a launch; it changes nobody's opt-in. */
export type Unsubscribe = {
  readonly campaign: number
  readonly launch: number
  readonly contact: number
  /** Milliseconds since 1970, UTC. */
  readonly at: number
}

/** Campaigns that are sent by a program have this one launch; triggers of the events they hang on add to it. */
export const PROGRAM_LAUNCH = 1

/**
 * All that is known of single mails: those planted for a test, and one for each event trigger that a program with a
 * mail listens to. Not kept twice: triggers can be many.
 */
export function* deliveriesOf(account: Account): Generator<Delivery> {
  yield* account.deliveries
  for (const trigger of account.triggered) {
    const campaign = trigger.repeat ? undefined : account.events.get(trigger.event)?.campaign
    if (campaign === undefined) continue
    yield {
      campaign,
      launch: PROGRAM_LAUNCH,
      contact: trigger.contact,
      at: trigger.at,
      status: trigger.stopped ? 'CANCELED' : 'LAUNCHED',
      opened: false,
      clicked: false,
    }
  }
}

const count = (mails: readonly Delivery[], isCounted: (mail: Delivery) => boolean) => mails.filter(isCounted).length

/** Launches of a campaign: what it had when the account was made, and the single mails since. */
export function launchesOf(account: Account, campaign: number): Launch[] {
  const launches = account.campaigns.get(campaign)?.launches ?? []
  if (launches.length === 0) return []
  const mails = [...deliveriesOf(account)].filter((mail) => mail.campaign === campaign)
  return launches.map((launch) => {
    const mine = mails.filter((mail) => mail.launch === launch.id)
    const clicked = count(mine, (mail) => mail.clicked)
    return {
      ...launch,
      planned: launch.planned + mine.length,
      sent: launch.sent + count(mine, (mail) => mail.status !== 'CANCELED'),
      softBounced: launch.softBounced + count(mine, (mail) => mail.status === 'SOFT_BOUNCED'),
      hardBounced: launch.hardBounced + count(mine, (mail) => mail.status === 'HARD_BOUNCED'),
      blockBounced: launch.blockBounced + count(mine, (mail) => mail.status === 'BLOCK_BOUNCED'),
      opened: launch.opened + count(mine, (mail) => mail.opened),
      unsubscribed:
        launch.unsubscribed +
        account.unsubscribes.filter((one) => one.campaign === campaign && one.launch === launch.id).length,
      totalClicked: launch.totalClicked + clicked,
      uniqueClicked: launch.uniqueClicked + clicked,
    }
  })
}
