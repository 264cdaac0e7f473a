import { Link, useRouterState } from '@tanstack/react-router'
import type { Membership } from '../../server/contract/people.ts'
import { Banner } from '../parts/Banner.tsx'
import { When } from '../parts/When.tsx'

/** Above every page of a workspace that is being closed. */
export function ClosingBanner({ membership }: { membership: Membership }) {
  // That page says it all itself.
  const there = useRouterState({ select: ({ location }) => location.pathname.endsWith('/close') })
  if (membership.deleteAfter === null) return null
  const owner = membership.permissions.includes('workspace.manage')
  return (
    <div style={{ marginBottom: 20 }}>
      <Banner
        tone="attention"
        title="This workspace is being closed"
        action={
          owner && !there ? (
            <Link to="/w/$workspace/close" params={{ workspace: membership.id }}>
              See what that means, or take it back
            </Link>
          ) : undefined
        }
      >
        <p>
          Everything in it is off and can only be read. It is deleted after <When at={membership.deleteAfter} />
          {owner ? '.' : '; until then an owner can take that back.'}
        </p>
      </Banner>
    </div>
  )
}
