import type { ConnectionView } from '../../server/contract/connections.ts'
import { StateBadge } from '../parts/StateBadge.tsx'
import { isUnused, sayLastUse } from './last-use.ts'

/** When something last used it, and with `remedy` what to do about one that nothing has used for long. */
export function LastUse({ connection, remedy = false }: { connection: ConnectionView; remedy?: boolean }) {
  const now = new Date()
  const said = sayLastUse(connection.usedOn, now)
  const words = said === 'never' ? 'Never' : said
  if (!isUnused(connection, now)) return connection.usedOn === null ? <span className="muted">{words}</span> : words
  if (!remedy) return <StateBadge tone="partly" word={words} />
  return (
    <>
      {words}.{' '}
      <span className="muted">
        {connection.usedBy.length === 0
          ? 'If nobody needs it any more, give its access back: remove it below.'
          : 'Ask whether its flows are still needed; if not, unbind it and give its access back.'}{' '}
        {connection.offSince === null && connection.turnsOffOn === null
          ? 'It stays on while a flow that is on, or a rule for alerts, may need it.'
          : ''}
      </span>
    </>
  )
}
