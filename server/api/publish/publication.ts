import type { Transaction } from 'kysely'
import type { Flow } from '../../flow/document/flow.ts'
import { flowHash } from '../../flow/document/version.ts'
import { type BindingRow, listBindings } from '../../store/connection/bindings.ts'
import { findDraft } from '../../store/flow/flows.ts'
import type { Database } from '../../store/database/schema.ts'
import { findVersion } from '../../store/flow/versions.ts'
import { withCalled } from '../flow/called-flows.ts'
import { problemsOf, readStored } from '../flow/flow-documents.ts'
import { type AppParts, inTenant } from '../http/parts.ts'
import { ApiProblem, found } from '../http/problems.ts'

type Tx = Transaction<Database>
type Asking = { readonly params: { readonly workspace: string } }

/** What a draft would be as a version: with the versions that it calls, so that what runs depends on nothing that can change. */
export async function drafted(tx: Tx, workspace: string, flow: string) {
  const draft = found(await findDraft(tx, workspace, flow), 'flow')
  return {
    draft,
    called: await withCalled(tx, workspace, readStored(draft.draft)),
    bindings: await listBindings(tx, workspace, flow),
    live: draft.live_version === null ? undefined : await findVersion(tx, workspace, flow, draft.live_version),
  }
}

/**
 * A draft that may go live. `rebind`: with other connections than it has.
 * @throws ApiProblem FLOW_ARCHIVED, DRAFT_CONFLICT, FLOW_HAS_ERRORS
 */
export async function prepare(
  parts: AppParts,
  request: Asking,
  flow: string,
  revision: number,
  rebind: (tx: Tx, bindings: readonly BindingRow[], document: Flow) => Promise<readonly BindingRow[]> = async (
    _,
    same,
  ) => same,
) {
  const { draft, called, before, bindings, live } = await inTenant(parts, request, async (tx, workspace) => {
    const { bindings: before, ...rest } = await drafted(tx, workspace, flow)
    return { ...rest, before, bindings: await rebind(tx, before, rest.called.document) }
  })
  if (draft.archived_at !== null) throw new ApiProblem('FLOW_ARCHIVED')
  if (draft.draft_revision !== revision) throw overtaken(draft.draft_revision)
  const { document } = called
  const hash = await flowHash(document)
  const same = live?.hash === hash
  const moved = bindings.some(
    ({ slot, connection }) => before.find((one) => one.slot === slot)?.connection !== connection,
  )
  if (live && same && !moved) {
    throw new ApiProblem('UNCHANGED', `The draft equals the live version ${live.number} in all but layout.`)
  }
  const calls = { self: flow, live: called.live }
  const problems = [...called.problems, ...(await problemsOf(parts, document, bindings, undefined, calls))]
  const errors = problems.filter(({ severity }) => severity === 'error')
  if (errors.length > 0) {
    const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : ''
    throw new ApiProblem('FLOW_HAS_ERRORS', `${errors[0]?.message ?? ''}${more}`, { problems })
  }
  return { draft, document, hash, problems, bindings }
}

export function overtaken(revision: number): ApiProblem {
  return new ApiProblem('DRAFT_CONFLICT', `The draft is at revision ${revision} now. Look at it before you publish.`)
}
