import { sayAmount } from '../format/number.ts'

/** Money with its currency beside it; digits line up in a column. */
export function Amount({ amount, currency }: { amount: string | number; currency?: string | null }) {
  return (
    <span className="number" style={{ whiteSpace: 'nowrap' }}>
      {sayAmount(amount)}
      {currency ? <span className="muted"> {currency}</span> : null}
    </span>
  )
}
