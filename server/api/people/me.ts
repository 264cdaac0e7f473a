import type { Me, Membership } from '../../contract/people.ts'
import { listMemberships } from '../../store/people/people.ts'
import { waysOf } from '../../store/people/ways.ts'
import { lacking, type Who } from '../http/access.ts'
import type { AppParts } from '../http/parts.ts'
import { permissionsOf } from '../http/permissions.ts'

/** Somebody, as they may know themselves. A token knows one workspace only. */
type Self =
  | Pick<Extract<Who, { via: 'session' }>, 'via' | 'person' | 'means' | 'second'>
  | Pick<Extract<Who, { via: 'token' }>, 'via' | 'person' | 'workspace' | 'scopes' | 'made'>

export async function describeMe(parts: AppParts, self: Self): Promise<Me> {
  const { preferences, ...ways } = await waysOf(parts.system, self.person.id)
  return {
    user: { ...self.person },
    workspaces: await workspacesOf(parts, self),
    via: self.via,
    ways: { ...ways, sso: ways.sso && parts.sso !== undefined },
    preferences,
    mail: parts.mail !== undefined,
  }
}

export async function workspacesOf(parts: AppParts, self: Self): Promise<Membership[]> {
  const all = await listMemberships(parts.system, self.person.id)
  const scopes = self.via === 'token' ? self.scopes : null
  return all
    .filter(({ id }) => self.via === 'session' || id === self.workspace)
    .map(({ id, name, role, rule, closing }) => ({
      id,
      name,
      role,
      permissions: permissionsOf(role).filter((permission) => scopes === null || scopes.includes(permission)),
      lacks: lacking(rule, self) ?? null,
      deleteAfter: closing?.deleteAfter.toISOString() ?? null,
    }))
}
