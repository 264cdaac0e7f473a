import { useQuery } from '@tanstack/react-query'
import type { Membership, Permission } from '../../server/contract/people.ts'
import { sessionQuery } from '../queries.ts'

/** What this person may do in a workspace. Only hides what would be refused: the server decides. */
export function useRights(workspace: string): {
  may: (permission: Permission) => boolean
  role: Membership['role'] | undefined
} {
  const session = useQuery(sessionQuery)
  const membership = session.data?.workspaces.find((own) => own.id === workspace)
  return { may: (permission) => membership?.permissions.includes(permission) ?? false, role: membership?.role }
}
