import { useQuery } from '@tanstack/react-query'
import type { Membership, Permission } from '../../server/contract/people.ts'
import { leftWhileClosing } from '../closing/left-while-closing.ts'
import { sessionQuery } from '../queries.ts'

/** What this person may do in a workspace. Only hides what would be refused: the server decides. */
export function useRights(workspace: string): {
  /** The role includes it, and the workspace is not being closed or leaves it all the same. */
  may: (permission: Permission) => boolean
  role: Membership['role'] | undefined
  /** The role includes it, whatever the state of the workspace. */
  holds: (permission: Permission) => boolean
  /** Why `may` says no to somebody whose role says yes. */
  closing: boolean
} {
  const session = useQuery(sessionQuery)
  const membership = session.data?.workspaces.find((own) => own.id === workspace)
  const closing = membership !== undefined && membership.deleteAfter !== null
  const holds = (permission: Permission) => membership?.permissions.includes(permission) ?? false
  return {
    may: (permission) => holds(permission) && (!closing || leftWhileClosing(permission)),
    holds,
    role: membership?.role,
    closing,
  }
}
