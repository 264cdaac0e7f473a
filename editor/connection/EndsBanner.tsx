import type { ConnectionView } from '../../server/contract/connections.ts'
import { Banner } from '../parts/Banner.tsx'
import { endsSoon, hasEnded, sayEnd } from './ends.ts'

/** Two weeks ahead: that a sign-in ends, why, and what to do. */
export function EndsBanner({ connection }: { connection: ConnectionView }) {
  if (connection.ends === null || !endsSoon(connection)) return null
  const { on, why, instead } = connection.ends
  const flows = connection.usedBy.map(({ name }) => `“${name}”`).join(', ')
  return (
    <Banner tone={hasEnded(on, new Date()) ? 'failed' : 'attention'} title={sayEnd(on, new Date())}>
      <p>
        {why} {instead}
        {flows === '' ? '' : ` Without it ${flows} ${connection.usedBy.length === 1 ? 'stops' : 'stop'}.`}
      </p>
    </Banner>
  )
}
