import type { Membership } from '../../server/contract/people.ts'

/** Where people of a role arrive, and where “Home” leads. */
export const HOMES = {
  client: '/w/$workspace/home',
  operator: '/w/$workspace/now',
  owner: '/w/$workspace/now',
  auditor: '/w/$workspace/now',
  consultant: '/w/$workspace/building',
  finance: '/w/$workspace/desk',
  marketing: '/w/$workspace/desk',
} as const satisfies { readonly [role in Membership['role']]: string }

export const homeOf = (role: Membership['role']): (typeof HOMES)[Membership['role']] => HOMES[role]
