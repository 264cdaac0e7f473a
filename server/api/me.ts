import type { Me, Membership } from '../contract/people.ts'
import { listMemberships, type Person } from '../store/people.ts'
import type { AppParts } from './parts.ts'
import { permissionsOf } from './permissions.ts'

/** Somebody, as they may know themselves. A token knows one workspace only. */
type Self =
  | { readonly via: 'session'; readonly person: Person }
  | { readonly via: 'token'; readonly person: Person; readonly workspace: string }

export async function describeMe(parts: AppParts, self: Self): Promise<Me> {
  return { user: { ...self.person }, workspaces: await workspacesOf(parts, self), via: self.via }
}

export async function workspacesOf(parts: AppParts, self: Self): Promise<Membership[]> {
  const all = await listMemberships(parts.system, self.person.id)
  return all
    .filter(({ id }) => self.via === 'session' || id === self.workspace)
    .map(({ id, name, role }) => ({ id, name, role, permissions: permissionsOf(role) }))
}
