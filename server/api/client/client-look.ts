import type { ClientPreview, Refusal } from '../../contract/clients.ts'
import { formOf } from '../../flow/document/answers.ts'
import type { Flow } from '../../flow/document/flow.ts'
import { checkAnswers, settledAnswers } from '../../flow/document/form.ts'
import type { Merged } from '../../flow/document/merge.ts'
import type { Problem } from '../../flow/schema/problem.ts'
import { flowHash, summarizeChanges } from '../../flow/document/version.ts'
import { findAnswers } from '../../store/flow/answers.ts'
import { type ApprovalRow, approvalRule, findOpenApproval } from '../../store/flow/approvals.ts'
import { findTaken, type TakenTemplate } from '../../store/flow/flow-templates.ts'
import { type DraftRow, findDraft } from '../../store/flow/flows.ts'
import { findVersion } from '../../store/flow/versions.ts'
import { readStored } from '../flow/flow-documents.ts'
import { type AppParts, inTenant } from '../http/parts.ts'
import { takeOver } from '../flow/take-over.ts'
import { lookOver, type Triable } from '../flow/tried.ts'

/** A version of a flow that is brought to clients. */
export type Source = {
  /** As `flow_templates` names it. */
  readonly id: string
  readonly name: string
  readonly version: number
  /** With what it calls in the place of its calls: a client has none of those flows. */
  readonly document: Flow
}

type ClientRequest = { readonly params: { readonly workspace: string; readonly flow: string } }

/** What a push would make of a client's flow. */
export type ClientLook = Triable & {
  readonly row: DraftRow
  readonly taken: TakenTemplate
  readonly mine: Flow
  readonly merged: Merged
  readonly draftChanged: boolean
  /** A second person there approves what goes live. */
  readonly approval: boolean
  /** What waits for that person now; a push takes its place. */
  readonly waiting: ApprovalRow | undefined
  readonly refusals: readonly Refusal[]
}

/** Undefined: the flow is not there, or was not made of this one. */
export async function lookAtClient(
  parts: AppParts,
  request: ClientRequest,
  source: Source,
): Promise<ClientLook | undefined> {
  const { flow } = request.params
  const read = await inTenant(parts, request, async (tx, workspace) => {
    const [row, taken] = [await findDraft(tx, workspace, flow), await findTaken(tx, workspace, flow)]
    const live = row?.live_version ? await findVersion(tx, workspace, flow, row.live_version) : undefined
    const { on: approval } = await approvalRule(tx, workspace)
    const waiting = approval ? await findOpenApproval(tx, workspace, flow) : undefined
    return { row, taken, live, approval, waiting, answers: (await findAnswers(tx, workspace, flow))?.answers ?? {} }
  })
  const { row, taken, live, approval, waiting, answers } = read
  if (!row || taken?.template !== source.id) return undefined
  const drawn = readStored(row.draft)
  const mine = live ? { ...readStored(live.document, live.layout), name: drawn.name } : drawn
  const base = readStored(taken.document)
  const merged = takeOver(base, mine, source.document)
  const triable = await lookOver(parts, request, merged.flow)
  const unanswered = checkAnswers(formOf(triable.document), settledAnswers(formOf(triable.document), answers))
  const same = taken.version === source.version && triable.hash === live?.hash
  return {
    ...{ ...triable, row, taken, mine, merged, approval, waiting },
    draftChanged: live !== undefined && (await flowHash(drawn)) !== live.hash,
    refusals: [
      ...(row.archived_at === null ? [] : [{ code: 'FLOW_ARCHIVED', message: 'The flow is archived there.' }]),
      ...(same ? [{ code: 'UNCHANGED', message: `It runs version ${source.version} already.` }] : []),
      ...missingSlots(triable.document, triable.problems),
      ...unanswered.map(({ field, message }) => ({ code: 'ANSWERS_MISSING', message, field })),
      ...triable.problems
        .filter(({ severity, code }) => severity === 'error' && code !== 'SLOT_UNBOUND' && !code.startsWith('ANSWER_'))
        .map(({ message }) => ({ code: 'FLOW_HAS_ERRORS', message })),
    ],
  }
}

/** One for each slot, whichever steps use it. */
function missingSlots({ nodes, slots }: Flow, problems: readonly Problem[]): Refusal[] {
  const unbound = problems.filter(({ code }) => code === 'SLOT_UNBOUND').map(({ node }) => node)
  const names = new Set(nodes.filter(({ id }) => unbound.includes(id)).flatMap(({ slot }) => slot ?? []))
  return [...names].map((slot) => {
    const { title = slot, connector = '' } = slots[slot] ?? {}
    const message = `“${title}” has no connection there: bind one of ${connector} to the slot “${slot}”.`
    return { code: 'SLOTS_UNBOUND', message, slot }
  })
}

/** As it is shown before anything is done. */
export function viewLook(
  place: { readonly workspace: string; readonly flow: string; readonly name: string },
  look: ClientLook,
  source: Source,
): ClientPreview {
  const { row, taken, mine, merged, draftChanged, approval, waiting, refusals } = look
  return {
    ...place,
    from: taken.version,
    to: source.version,
    live: row.live_version,
    revision: row.draft_revision,
    enabled: row.enabled,
    draftChanged,
    approval,
    waiting: waiting ? { askedBy: waiting.asker, summary: waiting.summary } : null,
    changes: summarizeChanges(mine, merged.flow),
    conflicts: merged.conflicts.map((conflict) => ({ ...conflict })),
    refusals: [...refusals],
  }
}
