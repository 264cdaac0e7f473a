import { Button } from '@mantine/core'
import { countOf } from '../format/number.ts'
import { EmptyState } from './EmptyState.tsx'
import { When } from './When.tsx'

/** Leads on in a list: to its next page, or to where a search that has not looked at all that fits goes on. */
export type More = {
  readonly load: () => void
  readonly loading: boolean
  readonly looked?: { readonly count: number; readonly back: string } | undefined
}
type Things = { readonly one: string; readonly many: string }

export function ShowMore({ more, things }: { more: More; things: Things }) {
  return (
    <>
      {more.looked ? <LookedAt {...more.looked} things={things} /> : null}
      <Button variant="default" onClick={more.load} loading={more.loading}>
        {more.looked ? 'Look further' : 'Show more'}
      </Button>
    </>
  )
}

/** Nothing fits as far as a search has looked. */
export function NoneSoFar({ more, things }: { more: More; things: Things }) {
  return (
    <EmptyState
      title={`No ${things.one} found so far`}
      action={
        <Button variant="default" onClick={more.load} loading={more.loading}>
          Look further
        </Button>
      }
    >
      {more.looked ? <LookedAt {...more.looked} things={things} /> : null}
    </EmptyState>
  )
}

function LookedAt({ count, back, things }: { count: number; back: string; things: Things }) {
  return (
    <span className="muted" role="status">
      Looked at {countOf(count, things.one, things.many)}, back to <When at={back} />.
    </span>
  )
}
