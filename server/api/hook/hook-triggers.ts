import type { Transaction } from 'kysely'
import type { Flow } from '../../flow/document/flow.ts'
import { settingsOf } from '../../flow/schema/schema.ts'
import { type HookTrigger, putHooks } from '../../store/hook/hooks.ts'
import type { Database } from '../../store/database/schema.ts'
import type { AppParts } from '../http/parts.ts'
import { isShared } from './shared-hooks.ts'

/** Makes the hooks of the version that is live now. */
export async function setHooks(
  { catalog }: Pick<AppParts, 'catalog'>,
  tx: Transaction<Database>,
  workspace: string,
  flow: string,
  document: Flow,
): Promise<void> {
  const triggers = document.nodes.flatMap((node): HookTrigger[] => {
    const info = catalog.get(node.operation)
    // What other flows hand over comes by no address.
    if (info?.events !== true || info.id === 'entry') return []
    const settings = settingsOf(node, info)
    return [
      {
        node: node.id,
        name: node.name,
        operation: info.id,
        kind: isShared(info.connector) ? info.connector : settings.kind === 'token' ? 'token' : 'signed',
        slot: node.slot ?? null,
        settings,
        most: Number(settings.collectMost),
        seconds: Number(settings.collectSeconds),
      },
    ]
  })
  await putHooks(tx, workspace, flow, triggers)
}
