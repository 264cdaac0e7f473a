import type { Automation, Health } from '../../server/contract/automations.ts'
import { countOf } from '../format/number.ts'

/**
 * How one automation stands, as its cards say it: whoever is shown something to do is needed, whatever else holds; what
 * others see to they are on. The page’s headline counts the same.
 */
export function standingOf({ health, needs, reports }: Pick<Automation, 'health' | 'needs' | 'reports'>): Health {
  if (health === 'needs-you' || needs.some(({ yours }) => yours)) return 'needs-you'
  const told = reports.some(({ answer }) => answer === null)
  return health === 'on-it' || needs.length > 0 || told ? 'on-it' : health
}

/** “All 6 automations are working.”, “1 of 6 needs you, we’re on 2.” */
export function sayAll(items: readonly Pick<Automation, 'health' | 'needs' | 'reports'>[]): string {
  const total = items.length
  const standings = items.map(standingOf)
  const of = (health: Health) => standings.filter((one) => one === health).length
  const [you, team, off] = [of('needs-you'), of('on-it'), of('off')]
  if (total === 0) return 'None yet.'
  const parts = [
    ...(you > 0 ? [`${you} of ${total} ${you === 1 ? 'needs' : 'need'} you`] : []),
    ...(team > 0 ? [`we’re on ${team === 1 ? 'one' : team}`] : []),
    ...(off > 0 ? [`${off} ${off === 1 ? 'is' : 'are'} off`] : []),
  ]
  if (total === 1 && off === 1) return 'It is off.'
  if (parts.length === 0) return total === 1 ? 'It is working.' : `All ${countOf(total, 'automation')} are working.`
  const text = parts.join(', ')
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}
