import type { FastifyRequest } from 'fastify'
import type { Transaction } from 'kysely'
import type { Flow } from '../../flow/document/flow.ts'
import { flowHash } from '../../flow/document/version.ts'
import {
  type ApprovalRow,
  decideApproval,
  findApproval,
  forgetAuthors,
  setSecondPerson,
} from '../../store/flow/approvals.ts'
import { type BindingRow, bindSlot, listBindings } from '../../store/connection/bindings.ts'
import { findConnection } from '../../store/connection/connection-records.ts'
import { lockFlow } from '../../store/flow/flows.ts'
import type { Person } from '../../store/people/people.ts'
import type { Database } from '../../store/database/schema.ts'
import { tell } from '../http/audit.ts'
import { land, stillLands } from './client-land.ts'
import { readStored } from '../flow/flow-documents.ts'
import { makeLive } from './make-live.ts'
import { whyOneHand } from './one-hand.ts'
import { type AppParts, inTenant } from '../http/parts.ts'
import { ApiProblem, found } from '../http/problems.ts'
import { drafted } from './publication.ts'

type Tx = Transaction<Database>

/** The connections of a draft, some of them others. @throws ApiProblem BINDING_INVALID */
export async function rebound(
  tx: Tx,
  workspace: string,
  bound: readonly BindingRow[],
  wanted: { readonly [slot: string]: string },
  document: Flow,
): Promise<readonly BindingRow[]> {
  const rows = new Map(bound.map((row) => [row.slot, row]))
  for (const [slot, id] of Object.entries(wanted)) {
    const declared = Object.hasOwn(document.slots, slot) ? document.slots[slot] : undefined
    if (!declared) throw new ApiProblem('BINDING_INVALID', `This flow has no slot “${slot}”.`)
    const { connector, name, state } = found(await findConnection(tx, workspace, id), 'connection')
    if (connector !== declared.connector) {
      throw new ApiProblem(
        'BINDING_INVALID',
        `The slot “${slot}” is for ${declared.connector}, and the connection is of ${connector}.`,
      )
    }
    rows.set(slot, { slot, connection: id, name, connector, state })
  }
  return [...rows.values()]
}

type Approving = FastifyRequest & {
  readonly params: { readonly workspace: string; readonly approval: string }
  readonly body: { readonly hash: string }
}

/** Whether what was asked for is not what would go live any more. `draft`: as it is now, with what it calls. */
export async function isOvertaken(
  tx: Tx,
  workspace: string,
  { flow_id: flow, hash, push }: ApprovalRow,
  draft: Flow,
): Promise<boolean> {
  if (push && flow !== null) return !(await stillLands(tx, { workspace, flow }, push))
  return (await flowHash(draft)) !== hash
}

/** Approves and does, in one transaction: there is no time between in which anything could change. */
export async function approve(parts: AppParts, request: Approving, person: Person): Promise<ApprovalRow> {
  const { approval } = request.params
  // Read again before it is decided, so that an edit after the request makes it void, for good.
  const stale = await inTenant(parts, request, async (tx, workspace) => {
    const row = found(await findApproval(tx, workspace, approval), 'approval')
    if (row.state !== 'open') throw new ApiProblem('APPROVAL_CLOSED')
    if (row.hash !== request.body.hash) throw new ApiProblem('OVERTAKEN')
    if (row.flow_id === null) return false
    const now = await drafted(tx, workspace, row.flow_id)
    if (now.draft.archived_at !== null) throw new ApiProblem('FLOW_ARCHIVED')
    return isOvertaken(tx, workspace, row, now.called.document)
  })
  if (stale) {
    await inTenant(parts, request, async (tx, workspace) => {
      const row = await findApproval(tx, workspace, approval, { lock: true })
      if (row?.state !== 'open') throw new ApiProblem('APPROVAL_CLOSED')
      const why = row.push
        ? 'Another version went live after the request.'
        : 'The draft, or a flow that it calls, was changed after the request.'
      await decideApproval(tx, workspace, approval, 'void', person, why)
      tell(request, { detail: { void: true } })
    })
    throw new ApiProblem('APPROVAL_VOID')
  }

  return inTenant(parts, request, async (tx, workspace) => {
    const row = found(await findApproval(tx, workspace, approval, { lock: true }), 'approval')
    if (row.state !== 'open') throw new ApiProblem('APPROVAL_CLOSED')
    const why = row.asked_by === person.id ? undefined : await whyOneHand(tx, parts, workspace, row, person.id)
    if (why !== undefined || row.asked_by === person.id || row.authors.includes(person.id))
      throw new ApiProblem('SAME_PERSON', why)
    const state = row.flow_id === null ? undefined : found(await lockFlow(tx, workspace, row.flow_id), 'flow')
    await decideApproval(tx, workspace, approval, 'approved', person, null)
    if (row.flow_id === null || !state) await setSecondPerson(tx, workspace, false)
    else {
      const { live, called } = await drafted(tx, workspace, row.flow_id)
      // Somebody may have saved in between.
      if (await isOvertaken(tx, workspace, row, called.document)) throw new ApiProblem('APPROVAL_VOID')
      const bound = new Map((await listBindings(tx, workspace, row.flow_id)).map((one) => [one.slot, one.connection]))
      for (const [slot, connection] of Object.entries(row.bindings)) {
        if (bound.get(slot) !== connection) await bindSlot(tx, workspace, row.flow_id, slot, connection)
      }
      if (row.push) {
        const asked = { workspace, flow: row.flow_id, push: row.push, hash: row.hash, summary: row.summary }
        const document = readStored(row.document, row.layout)
        const author = { id: row.asked_by, name: row.asker }
        const version = await land(parts, tx, { ...asked, document, author })
        tell(request, { subject: { flow: row.flow_id }, detail: { version, hash: row.hash } })
      } else if (live?.hash !== row.hash) {
        const version = await makeLive(parts, tx, {
          workspace,
          flow: row.flow_id,
          document: readStored(row.document, row.layout),
          hash: row.hash,
          author: { id: row.asked_by, name: row.asker },
          summary: row.summary,
          enabled: state.enabled,
        })
        await forgetAuthors(tx, workspace, row.flow_id)
        tell(request, { subject: { flow: row.flow_id }, detail: { version: version.number, hash: row.hash } })
      } else tell(request, { subject: { flow: row.flow_id }, detail: { bindings: row.bindings } })
    }
    return found(await findApproval(tx, workspace, approval), 'approval')
  })
}
