import type { Permission } from '../../server/contract/people.ts'

/** What is no change though its name does not say so, or takes access away. */
const LEFT: ReadonlySet<Permission> = new Set([
  'payloads.reveal',
  'periods.export',
  'data.export',
  'tokens.own',
  'people.manage',
])

/** Whether a permission is of any use in a workspace that is being closed: it can be read, and access be taken away. */
export const leftWhileClosing = (permission: Permission): boolean =>
  permission.endsWith('.read') || LEFT.has(permission)
