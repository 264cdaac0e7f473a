import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { sessionQuery } from '../queries.ts'

/** The way to have the week of a workspace sent, for whoever does not yet. */
export function WeeklyOffer({ workspace }: { workspace: string }) {
  const me = useQuery(sessionQuery).data
  if (!me?.mail || me.preferences.weekly?.workspaces.includes(workspace)) return null
  return (
    <p>
      <Link to="/w/$workspace/account" params={{ workspace }} hash="weekly">
        Have this sent to you on Monday mornings
      </Link>
    </p>
  )
}
