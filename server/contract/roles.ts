// Plain data: the web app takes these without the schemas around them.

export const ROLES = ['owner', 'consultant', 'operator', 'finance', 'marketing', 'client', 'auditor'] as const

/** Whom a role may invite. Nobody gives away more than they have. */
export const MAY_INVITE: { readonly [R in (typeof ROLES)[number]]?: readonly (typeof ROLES)[number][] } = {
  owner: ROLES,
  consultant: ['operator', 'finance', 'marketing', 'client', 'auditor'],
}
