import { type ConnectionView, ENDS_SOON_DAYS } from '../../server/contract/connections.ts'

const DAY_MS = 86_400_000

/** Whole days that its sign-in works still, the last one included; 0 or less: it has ended. Undefined: nobody knows. */
export const daysLeft = ({ ends }: Pick<ConnectionView, 'ends'>): number | undefined =>
  ends === null ? undefined : Math.ceil((Date.parse(`${ends.on}T00:00:00Z`) + DAY_MS - Date.now()) / DAY_MS)

export const endsSoon = (connection: Pick<ConnectionView, 'ends'>): boolean =>
  (daysLeft(connection) ?? Number.POSITIVE_INFINITY) <= ENDS_SOON_DAYS

/** Whether somebody who may only renew can do so: it has ended or will soon, and it is known to whom it is. */
export const isRenewable = (connection: Pick<ConnectionView, 'ends' | 'state' | 'pinned'>): boolean =>
  (connection.state === 'sign-in-needed' || endsSoon(connection)) && Object.keys(connection.pinned).length > 0
