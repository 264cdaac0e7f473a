import type { AdoptPreview, AdoptRequest, Refusal } from '../../contract/clients.ts'
import { formOf } from '../../flow/document/answers.ts'
import type { Flow } from '../../flow/document/flow.ts'
import { checkAnswers, settledAnswers } from '../../flow/document/form.ts'
import { summarizeChanges, withoutParts } from '../../flow/document/version.ts'
import { findAnswers } from '../../store/flow/answers.ts'
import { approvalRule } from '../../store/flow/approvals.ts'
import { bindSlot, listBindings } from '../../store/connection/bindings.ts'
import { flowOfSource, sourceOf } from '../../store/workspace/clients.ts'
import { findConnection, listConnections } from '../../store/connection/connection-records.ts'
import { findTaken, forgetTaken, setTaken } from '../../store/flow/flow-templates.ts'
import { findDraft, lockFlow } from '../../store/flow/flows.ts'
import { findVersion } from '../../store/flow/versions.ts'
import { tell } from '../http/audit.ts'
import type { Source } from './client-look.ts'
import { readStored } from '../flow/flow-documents.ts'
import { type AppParts, inTenant } from '../http/parts.ts'
import { ApiProblem, found } from '../http/problems.ts'

type ClientRequest = { readonly params: { readonly workspace: string; readonly flow: string } }

/** A flow that a client has, as it stands beside a version of the master. Changes nothing. */
export async function lookAtAdoption(
  parts: AppParts,
  request: ClientRequest,
  source: Source,
  /** What the master itself is made of: two flows are not each other's client. */
  madeOf: string | undefined,
  place: { readonly workspace: string; readonly flow: string; readonly name: string },
): Promise<AdoptPreview & { readonly mine: Flow }> {
  const { flow } = request.params
  return inTenant(parts, request, async (tx, workspace) => {
    const row = found(await findDraft(tx, workspace, flow), 'flow')
    const drawn = readStored(row.draft)
    const live = row.live_version === null ? undefined : await findVersion(tx, workspace, flow, row.live_version)
    const mine = live ? { ...readStored(live.document, live.layout), name: drawn.name } : drawn
    const taken = await findTaken(tx, workspace, flow)
    const answers = (await findAnswers(tx, workspace, flow))?.answers ?? {}
    const form = formOf(source.document)
    const bound = new Set((await listBindings(tx, workspace, flow)).map(({ slot }) => slot))
    const connections = await listConnections(tx, workspace)
    const theirs = { ...source.document, name: mine.name }
    const known = new Set(mine.nodes.map(({ id }) => id))
    const kindOf = (operation: string) => parts.catalog.get(operation)?.kind
    return {
      ...{ ...place, flowName: drawn.name, live: row.live_version, revision: row.draft_revision, mine },
      tied: taken === undefined ? null : (taken.name ?? taken.template),
      changes: summarizeChanges(withoutParts(mine), withoutParts(theirs)),
      slots: Object.entries(theirs.slots)
        .filter(([slot]) => !Object.hasOwn(mine.slots, slot) && !bound.has(slot))
        .map(([slot, { connector, title }]) => {
          const fitting = connections.filter((one) => one.connector === connector)
          return { slot, connector, title, connection: fitting.length === 1 ? (fitting[0]?.id ?? null) : null }
        }),
      unanswered: checkAnswers(form, settledAnswers(form, answers)).map(({ message }) => message),
      fresh: theirs.nodes
        .filter(({ id, operation }) => kindOf(operation) === 'read' && !known.has(id))
        .map(({ name }) => name),
      refusals: refusalsOf(source.id, madeOf, sourceOf(workspace, flow), taken?.template, row.archived_at !== null),
    }
  })
}

function refusalsOf(
  master: string,
  madeOf: string | undefined,
  client: string,
  taken: string | undefined,
  archived: boolean,
): Refusal[] {
  if (client === master) return [{ code: 'REQUEST_INVALID', message: 'A flow is no client of itself.' }]
  if (madeOf === client)
    return [{ code: 'REQUEST_INVALID', message: 'This flow was made of that one: it cannot be its client as well.' }]
  if (taken === master) return [{ code: 'UNCHANGED', message: 'It is a client of this flow already.' }]
  if (archived) return [{ code: 'FLOW_ARCHIVED', message: 'The flow is archived there.' }]
  return []
}

/**
 * Ties a client's flow to the master. Nothing runs differently: its connections, answers, draft and version stay; what a
 * later push brings is shown before it.
 */
export async function adoptClient(
  parts: AppParts,
  request: ClientRequest,
  source: Source,
  look: AdoptPreview & { readonly mine: Flow },
  given: AdoptRequest,
): Promise<void> {
  const [refusal] = look.refusals
  if (refusal) throw new ApiProblem(refusal.code === 'FLOW_ARCHIVED' ? 'FLOW_ARCHIVED' : 'UNCHANGED', refusal.message)
  const wanted = Object.entries(given.bindings)
  await inTenant(parts, request, async (tx, workspace) => {
    const { flow } = request.params
    const state = found(await lockFlow(tx, workspace, flow), 'flow')
    if (state.live_version !== given.live || state.draft_revision !== given.revision)
      throw new ApiProblem('OVERTAKEN', 'Somebody published or saved there since. Look at the difference again.')
    if (wanted.length > 0 && state.live_version !== null && (await approvalRule(tx, workspace)).on) {
      const detail =
        'A second person approves connections there: give the flow there slots of the same names first, and ask for it.'
      throw new ApiProblem('APPROVAL_NEEDED', detail)
    }
    for (const [slot, id] of wanted) {
      const needed = look.slots.find((one) => one.slot === slot)
      if (!needed) throw new ApiProblem('BINDING_INVALID', `“${slot}” is no slot that would be new there.`)
      const { connector } = found(await findConnection(tx, workspace, id), 'connection')
      if (connector !== needed.connector) {
        const detail = `“${needed.title}” is for ${needed.connector}, and the connection is of ${connector}.`
        throw new ApiProblem('BINDING_INVALID', detail)
      }
      await bindSlot(tx, workspace, flow, slot, id)
    }
    // What a push changes is found by comparing with this: with itself, everything of the master's is new.
    const [version, base] = given.differences === 'keep' ? [source.version, source.document] : [0, look.mine]
    await setTaken(tx, {
      ...{ workspace, flow, template: source.id, version, name: source.name, document: JSON.stringify(base) },
    })
    tell(request, { detail: { version: source.version, differences: given.differences, bindings: given.bindings } })
  })
}

/** Lets go of a client: its flow stays as it is, and no push reaches it any more. */
export async function releaseClient(
  parts: AppParts,
  request: ClientRequest,
  source: Pick<Source, 'id'>,
): Promise<void> {
  await inTenant(parts, request, async (tx, workspace) => {
    const { flow } = request.params
    found(await lockFlow(tx, workspace, flow), 'flow')
    const taken = await findTaken(tx, workspace, flow)
    if (taken?.template !== source.id) throw new ApiProblem('NOT_FOUND', 'This is no client of the flow.')
    await forgetTaken(tx, workspace, flow)
    tell(request, { detail: { version: taken.version } })
  })
}

/** What the flow itself is made of, if it is a flow. */
export async function madeOf(parts: AppParts, request: ClientRequest): Promise<string | undefined> {
  return inTenant(parts, request, async (tx, workspace) => {
    const taken = await findTaken(tx, workspace, request.params.flow)
    return taken && flowOfSource(taken.template) ? taken.template : undefined
  })
}
