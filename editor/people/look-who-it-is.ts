import { notifications } from '@mantine/notifications'
import type { QueryClient } from '@tanstack/react-query'
import type { Me } from '../../server/contract/people.ts'
import { visible } from '../format/visible.ts'
import { sessionQuery } from '../queries.ts'
import { ApiError } from '../request.ts'
import { ROLE_WORDS } from './say-people.ts'

/**
 * Whoever is refused may have been taken out, or been given another role, since the page was opened: they are asked about
 * once more. What they may not do any more goes from the page, so that they are told why.
 */
export async function lookWhoItIs(client: QueryClient, error: Error): Promise<void> {
  if (!(error instanceof ApiError) || (error.code !== 'NOT_FOUND' && error.code !== 'NOT_ALLOWED')) return
  const { queryKey } = sessionQuery
  const before = client.getQueryData<Me>(queryKey)
  await client.invalidateQueries({ queryKey, exact: true })
  const roles = new Map(before?.workspaces.map(({ id, role }) => [id, role]))
  for (const { id, name, role } of client.getQueryData<Me>(queryKey)?.workspaces ?? []) {
    const was = roles.get(id)
    if (was === undefined || was === role) continue
    const [now, then] = [ROLE_WORDS[role], ROLE_WORDS[was]]
    notifications.show({
      id: `role-${id}-${role}`,
      color: 'orange',
      autoClose: false,
      title: `In “${visible(name)}” you are ${now.title.toLowerCase()} now, not ${then.title.toLowerCase()} any more`,
      message: `${now.note} An owner of the workspace can change that.`,
    })
  }
}
