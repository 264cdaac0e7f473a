import type { Permission } from '../../contract/people.ts'
import { ROLES } from '../../contract/roles.ts'

type Role = (typeof ROLES)[number]

/** Who may do what within a workspace. A permission not named for a role is refused. */
const ALLOWED: { readonly [P in Permission]: readonly Role[] } = {
  'workspace.read': ROLES,
  'workspace.manage': ['owner'],
  'flows.read': ROLES,
  'flows.edit': ['owner', 'consultant'],
  'flows.publish': ['owner', 'consultant'],
  'flows.approve': ['owner', 'consultant'],
  // A client changes only what the form marks as theirs.
  'answers.edit': ['owner', 'consultant', 'operator', 'client'],
  'policy.edit': ['owner', 'consultant', 'finance'],
  'flows.switch': ['owner', 'consultant', 'operator', 'client'],
  'flows.run': ['owner', 'consultant', 'operator'],
  'runs.read': ROLES,
  'runs.cancel': ['owner', 'consultant', 'operator'],
  'runs.rerun': ['owner', 'consultant', 'operator'],
  'runs.backfill': ['owner', 'consultant', 'operator'],
  'lanes.manage': ['owner', 'consultant'],
  // Whether a month agrees. Who signs answers for the books.
  'periods.read': ['owner', 'consultant', 'operator', 'finance', 'auditor'],
  'periods.check': ['owner', 'consultant', 'operator', 'finance'],
  'periods.sign': ['owner', 'finance'],
  // Every document with its amounts leaves as a file.
  'periods.export': ['owner', 'finance', 'auditor'],
  // What needs somebody, and how the installation is: for those who keep it going, and for whoever audits that.
  'operations.read': ['owner', 'consultant', 'operator', 'auditor'],
  // Content of records is personal data: not for a client's view from outside, nor for an audit of what was done.
  'payloads.read': ['owner', 'consultant', 'operator', 'finance', 'marketing'],
  // Values are masked until somebody says why they have to be seen; that is written down.
  'payloads.reveal': ['owner', 'consultant', 'operator', 'finance', 'marketing'],
  'exceptions.read': ROLES,
  'exceptions.open': ['owner', 'consultant', 'operator', 'finance', 'marketing'],
  'exceptions.dismiss': ['owner', 'consultant', 'operator', 'finance', 'marketing'],
  'exceptions.retry': ['owner', 'consultant', 'operator', 'finance', 'marketing'],
  'exceptions.assign': ['owner', 'consultant', 'operator', 'finance', 'marketing'],
  // Who looks in the other system and says what is there answers for it.
  'effects.settle': ['owner', 'consultant', 'operator', 'finance', 'marketing'],
  'hooks.read': ['owner', 'consultant', 'operator', 'auditor'],
  'hooks.manage': ['owner', 'consultant'],
  'connections.read': ROLES,
  // Asks the other system, so it uses up calls: for whoever fills in a form.
  'connections.options': ['owner', 'consultant', 'operator', 'finance', 'marketing', 'client'],
  'connections.test': ['owner', 'consultant', 'operator'],
  // Signs one in again that has run out, to the same organisation: whoever owns the account can.
  'connections.renew': ['owner', 'consultant', 'operator', 'client'],
  'connections.manage': ['owner', 'consultant'],
  // Whoever lifts an entry lets an erased person be written again: that is for those who answer for the data.
  'suppressions.read': ['owner', 'consultant', 'operator', 'marketing', 'auditor'],
  'suppressions.manage': ['owner', 'marketing'],
  // Recipients are addresses of people.
  'alerts.read': ['owner', 'consultant', 'operator', 'finance', 'marketing', 'auditor'],
  'alerts.acknowledge': ['owner', 'consultant', 'operator', 'finance', 'marketing'],
  // Whoever makes a rule decides who outside is written to.
  'alerts.manage': ['owner', 'consultant', 'operator'],
  'reports.make': ROLES.filter((role) => role !== 'auditor'),
  'reports.answer': ['owner', 'consultant', 'operator'],
  // All that the workspace is made of, without secrets and without records.
  'data.export': ['owner', 'auditor'],
  'data.erase': ['owner'],
  // Files hold records.
  'files.read': ['owner', 'consultant', 'operator', 'finance', 'marketing'],
  'files.manage': ['owner', 'consultant', 'operator', 'finance', 'marketing'],
  'tokens.own': ROLES,
  'people.read': ROLES.filter((role) => role !== 'client'),
  'people.invite': ['owner', 'consultant'],
  'people.manage': ['owner'],
  'audit.read': ['owner', 'consultant', 'auditor'],
}

export function isAllowed(role: Role, permission: Permission): boolean {
  return ALLOWED[permission].includes(role)
}

/** Whoever is one of these decides what waits for a second person. */
export const APPROVERS: readonly Role[] = ROLES.filter((role) => isAllowed(role, 'flows.approve'))

export function permissionsOf(role: Role): Permission[] {
  // Keys of the table are the permissions, by its type.
  return (Object.keys(ALLOWED) as Permission[]).filter((permission) => isAllowed(role, permission))
}

/** What a route declares. `signed-in`: any session or token; the route itself looks at memberships. */
export type Access = 'public' | 'signed-in' | Permission
