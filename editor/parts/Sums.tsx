import { Amount } from './Amount.tsx'

/** Sums of money, a currency each. */
export function Sums({ money }: { money: readonly { readonly currency: string | null; readonly amount: string }[] }) {
  if (money.length === 0) return <span className="muted">—</span>
  return money.map((one, at) => (
    <span key={one.currency ?? ''}>
      {at > 0 ? ', ' : ''}
      <Amount amount={one.amount} currency={one.currency} />
    </span>
  ))
}
