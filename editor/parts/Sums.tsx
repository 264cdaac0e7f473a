import { Amount } from './Amount.tsx'

/** Sums of money, a currency each. `lines` says what they are, and puts each on a line of its own where a column is narrow. */
export function Sums(props: {
  money: readonly { readonly currency: string | null; readonly amount: string }[]
  lines?: string
}) {
  const { money, lines } = props
  if (money.length === 0) return <span className="muted">—</span>
  return (
    <>
      {money.map((one, at) => (
        <span key={one.currency ?? ''}>
          {at > 0 && lines === undefined ? ', ' : ''}
          <Amount amount={one.amount} currency={one.currency} />
        </span>
      ))}
      {lines === undefined ? null : <span className="muted">{lines}</span>}
    </>
  )
}
