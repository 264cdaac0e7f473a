import type { ConnectionView } from '../../server/contract/connections.ts'
import { sayDay } from '../format/time.ts'
import { Banner } from '../parts/Banner.tsx'
import { daysLeft, endsSoon } from './ends.ts'

/** Two weeks ahead: that a sign-in ends, why, and what to do. */
export function EndsBanner({ connection }: { connection: ConnectionView }) {
  const days = daysLeft(connection)
  if (connection.ends === null || days === undefined || !endsSoon(connection)) return null
  const { on, why, instead } = connection.ends
  const flows = connection.usedBy.map(({ name }) => `“${name}”`).join(', ')
  return (
    <Banner
      tone={days <= 0 ? 'failed' : 'attention'}
      title={
        days <= 0
          ? `Its sign-in ended on ${sayDay(on)}`
          : days === 1
            ? 'Today is the last day of its sign-in'
            : `Its sign-in ends on ${sayDay(on)}, in ${days} days`
      }
    >
      <p>
        {why} {instead}
        {flows === '' ? '' : ` Without it ${flows} ${connection.usedBy.length === 1 ? 'stops' : 'stop'}.`}
      </p>
    </Banner>
  )
}
