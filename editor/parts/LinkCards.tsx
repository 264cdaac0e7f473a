import type { ReactNode } from 'react'
import classes from './LinkCards.module.css'

/** Pages that a page leads to, each with a sentence on what is there. `link` is one link; all of its card can be clicked. */
export function LinkCards({ label, cards }: { label: string; cards: readonly LinkCard[] }) {
  return (
    <ul className={classes.cards} aria-label={label}>
      {cards.map(({ id, link, note }) => (
        <li key={id} className={classes.card}>
          {link}
          <p className="muted">{note}</p>
        </li>
      ))}
    </ul>
  )
}

export type LinkCard = { readonly id: string; readonly link: ReactNode; readonly note: string }
