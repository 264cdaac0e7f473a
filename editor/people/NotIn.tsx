import { Link } from '@tanstack/react-router'
import type { Me } from '../../server/contract/people.ts'
import { visible } from '../format/visible.ts'
import { homeOf } from '../shell/home-of.ts'
import { Page } from '../shell/Page.tsx'

/** In the place of every page of a workspace that whoever is signed in is not in, or not any more. */
export function NotIn({ session: { user, workspaces } }: { session: Me }) {
  return (
    <Page
      title="You are not in this workspace"
      sentence={`${user.email} was taken out of it by an owner, or was never in it, or it is deleted.`}
      reading
    >
      <p>
        What you did there stays, under your name; what was not saved yet is not kept. If you need to come in, ask an
        owner for an invitation.
      </p>
      {workspaces.length > 0 ? (
        <>
          <p>You are in these:</p>
          <ul>
            {workspaces.map(({ id, name, role }) => (
              <li key={id}>
                <Link to={homeOf(role)} params={{ workspace: id }}>
                  {visible(name)}
                </Link>
              </li>
            ))}
          </ul>
        </>
      ) : null}
    </Page>
  )
}
