import { notifications } from '@mantine/notifications'
import type { QueryClient } from '@tanstack/react-query'
import type { Me } from '../../server/contract/people.ts'
import { visible } from '../format/visible.ts'
import { sessionQuery } from '../queries.ts'
import { ApiError } from '../request.ts'
import { ROLE_WORDS } from './say-people.ts'

const MAY_BE_ANOTHER = new Set(['NOT_FOUND', 'NOT_ALLOWED', 'WORKSPACE_CLOSING', 'WORKSPACE_OPEN', 'WORKSPACE_GONE'])

/**
 * Whoever is refused may have been taken out, or been given another role, or the workspace been closed, since the page was
 * opened: they are asked about once more. What they may not do any more goes from the page, so that they are told why.
 */
export async function lookWhoItIs(client: QueryClient, error: Error): Promise<void> {
  if (!(error instanceof ApiError) || !MAY_BE_ANOTHER.has(error.code)) return
  const { queryKey } = sessionQuery
  const before = new Map(client.getQueryData<Me>(queryKey)?.workspaces.map((one) => [one.id, one]))
  await client.invalidateQueries({ queryKey, exact: true })
  for (const { id, name, role, deleteAfter } of client.getQueryData<Me>(queryKey)?.workspaces ?? []) {
    const known = before.get(id)
    // All of it is off by then, or may be switched on again.
    if (known && known.deleteAfter !== deleteAfter) await client.invalidateQueries({ queryKey: [id] })
    const was = known?.role
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
