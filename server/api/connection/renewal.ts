import { daysLeft } from '../../../connectors/kit/sign-in-end.ts'
import { type ConnectionView, ENDS_SOON_DAYS } from '../../contract/connections.ts'
import type { Role } from '../../store/database/schema.ts'
import { isAllowed } from '../http/permissions.ts'
import { ApiProblem } from '../http/problems.ts'

/**
 * Whoever manages connections signs in whatever they like. Others renew: a sign-in that has ended or soon will, of a
 * connection that knows its organisation, so that it cannot become another one.
 * @throws ApiProblem NOT_ALLOWED
 */
export function refuseMoreThanRenewal(
  role: Role | undefined,
  { state, ends, pinned }: Pick<ConnectionView, 'state' | 'ends' | 'pinned'>,
): void {
  if (role && isAllowed(role, 'connections.manage')) return
  const due = state === 'sign-in-needed' || (ends !== null && daysLeft(ends.on, Date.now()) <= ENDS_SOON_DAYS)
  if (due && knowsWhom(pinned)) return
  throw new ApiProblem(
    'NOT_ALLOWED',
    `The role ${role ?? 'client'} renews a sign-in that has ended or soon will, to the organisation it was for. Ask an owner or consultant for more.`,
  )
}

export const knowsWhom = (pinned: object): boolean => Object.keys(pinned).length > 0
