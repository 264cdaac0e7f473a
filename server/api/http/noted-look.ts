import type { Transaction } from 'kysely'
import type { Database } from '../../store/database/schema.ts'
import { type Asking, auditDeed } from './audit.ts'
import { type AppParts, inTenant } from './parts.ts'

/**
 * Looks something up that is shown only if the audit log says who looked. It changes nothing, so its entry is not written
 * by itself: it is here, in the same transaction, and without the entry nothing is shown.
 */
export function notedLook<T>(
  parts: AppParts,
  request: Asking & { readonly params: { readonly workspace: string } },
  look: (tx: Transaction<Database>, workspace: string) => Promise<T>,
): Promise<T> {
  return inTenant(parts, request, async (tx, workspace) => {
    const seen = await look(tx, workspace)
    await auditDeed(tx, workspace, request)
    return seen
  })
}
