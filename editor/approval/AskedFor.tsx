import { Link } from '@tanstack/react-router'
import type { ApprovalView } from '../../server/contract/approvals.ts'
import { visible } from '../format/visible.ts'
import { Banner } from '../parts/Banner.tsx'
import { When } from '../parts/When.tsx'
import { sayDecided } from './say-approval.ts'
import { useApprovals } from './use-approvals.ts'

/** What was last asked for of a flow, if it waits or did not go live. */
export function useAskedFor(workspace: string, flow: string): ApprovalView | undefined {
  const last = useApprovals(workspace).find((one) => one.flow?.id === flow)
  return last?.state === 'approved' ? undefined : last
}

/** What became of the last request for a draft that is not live: whoever asked, and whoever comes by, reads it here. */
export function AskedFor(props: { workspace: string; flow: { readonly id: string; readonly changed: boolean } }) {
  const { workspace, flow } = props
  const last = useAskedFor(workspace, flow.id)
  if (!last) return null
  const open = last.state === 'open'
  if (!open && !flow.changed) return null
  return (
    <Banner
      tone={open ? 'off' : 'attention'}
      title={open ? 'The draft waits for a second person' : 'The draft did not go live'}
      action={
        <Link to="/w/$workspace/approvals/$approval" params={{ workspace, approval: last.id }}>
          Open the request
        </Link>
      }
    >
      {open ? (
        <p>
          {last.mine ? 'You asked' : `${last.askedBy} asked`} <When at={last.createdAt} />
          {last.push ? '.' : '. Any edit until it is approved makes the request void.'}
        </p>
      ) : (
        <p>
          {sayDecided(last)}
          {last.reason ? `: ${visible(last.reason)}` : '.'}
        </p>
      )}
    </Banner>
  )
}
