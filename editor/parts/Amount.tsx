import { sayAmount } from '../format/number.ts'

/** Money with its currency beside it; digits line up in a column. */
export function Amount({ amount, currency }: { amount: string | number; currency?: string | null }) {
  return (
    <>
      <span className="number">{sayAmount(amount)}</span>
      {/* On the line of the amount; a currency is three letters, but for one that another system made up. */}
      {currency ? <span className="muted">{`\u00a0${currency}`}</span> : null}
    </>
  )
}
