import { sayCount } from '../format/number.ts'
import { DESK_WORDS } from '../words.ts'
import type { Takeable } from './taken.ts'

type Hands = {
  readonly desk: Takeable['desk']
  readonly owners: readonly { readonly id: string; readonly name: string; readonly count: number }[]
  readonly unowned: number | null
}

/** The desk, and who has it in hand: “Finance · Jana, Ole · 12 nobody’s”. */
export function Whose({ desk, owners, unowned }: Hands) {
  const names = owners.slice(0, 2).map(({ name }) => name)
  const more = owners.length - names.length
  const hands = [
    ...(names.length > 0 ? [`${names.join(', ')}${more > 0 ? ` and ${sayCount(more)} more` : ''}`] : []),
    ...(unowned === null || unowned === 0 ? [] : [names.length === 0 ? 'nobody yet' : `${sayCount(unowned)} nobody’s`]),
  ]
  if (desk === null && hands.length === 0) return null
  return (
    <span>
      {desk === null ? null : DESK_WORDS[desk]}
      {hands.map((hand) => (
        <span key={hand} className="muted">
          {' · '}
          <span style={hand.length < 20 ? { whiteSpace: 'nowrap' } : undefined}>{hand}</span>
        </span>
      ))}
    </span>
  )
}
