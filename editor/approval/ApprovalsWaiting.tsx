import { Link } from '@tanstack/react-router'
import { countOf } from '../format/number.ts'
import { Banner } from '../parts/Banner.tsx'
import { useApprovals } from './use-approvals.ts'

/** How many requests for a second person are open, and how many of them are for whoever looks. Nothing while none is. */
export function ApprovalsWaiting({ workspace }: { workspace: string }) {
  const open = useApprovals(workspace).filter(({ state }) => state === 'open')
  if (open.length === 0) return null
  const mine = open.filter(({ mayDecide }) => mayDecide).length
  return (
    <Banner
      tone="attention"
      title={`${countOf(open.length, 'request')} ${open.length === 1 ? 'waits' : 'wait'} for a second person`}
      action={
        <Link to="/w/$workspace/approvals" params={{ workspace }}>
          Look at {open.length === 1 ? 'it' : 'them'}
        </Link>
      }
    >
      <p>
        {mine === 0
          ? 'Somebody else decides.'
          : `You can decide ${mine === open.length ? (mine === 1 ? 'it' : 'all of them') : `${mine} of them`}.`}
      </p>
    </Banner>
  )
}
