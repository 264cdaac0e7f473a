import type { Transaction } from 'kysely'
import { inlined } from '../flow/sub-flow.ts'
import { flowHash } from '../flow/version.ts'
import { approvalRule } from '../store/approvals.ts'
import { insertPush, lastPush, markRolledBack } from '../store/clients.ts'
import { setTaken } from '../store/flow-templates.ts'
import { findDraft, lockFlow, saveDraft } from '../store/flows.ts'
import type { Database } from '../store/schema.ts'
import { findVersion } from '../store/versions.ts'
import { tell } from './audit.ts'
import { type ClientLook, SECOND_PERSON, type Source } from './client-look.ts'
import { readStored } from './flow-documents.ts'
import { makeLive } from './make-live.ts'
import { type AppParts, inTenant } from './parts.ts'
import { ApiProblem, found } from './problems.ts'
import { triggerOf } from './switch-routes.ts'
import { takeOver } from './take-over.ts'
import { queueTrial } from './tried.ts'
import { withAnswers } from './with-answers.ts'

type Tx = Transaction<Database>
type ClientRequest = { readonly params: { readonly workspace: string; readonly flow: string } }
type Author = { readonly id: string; readonly name: string }

/** Queues a dry run of what would run at a client after the push. Answers the run's id. */
export function tryClient(
  parts: AppParts,
  request: ClientRequest,
  look: ClientLook,
  source: Source,
  by: Author,
): Promise<string> {
  return inTenant(parts, request, async (tx, workspace) => {
    const { flow } = request.params
    const document = inlined(await withAnswers(tx, workspace, flow, look.document))
    const node = triggerOf(parts, document, undefined)
    const operation = document.nodes.find(({ id }) => id === node)?.operation
    if (parts.catalog.get(operation ?? '')?.events === true)
      throw new ApiProblem('RERUN_UNSUPPORTED', 'It waits for events, so it has nothing to read by itself.')
    const summary = `Version ${source.version} of “${source.name}”, as it was tried before the push.`
    const run = await queueTrial(tx, workspace, flow, { ...look, node, start: { kind: 'trigger' }, by, summary })
    tell(request, { subject: { run }, detail: { version: source.version } })
    return run
  })
}

/**
 * Publishes the version at a client, all or nothing, and takes it into the draft there. Answers the number of the client's
 * new version.
 * @throws ApiProblem OVERTAKEN, if somebody published or saved there since it was looked at
 */
export function pushToClient(
  parts: AppParts,
  request: ClientRequest,
  look: ClientLook,
  source: Source,
  given: { readonly live: number | null; readonly revision: number; readonly summary: string; readonly author: Author },
): Promise<number> {
  const { row, taken, document, hash } = look
  const { author } = given
  return inTenant(parts, request, async (tx, workspace) => {
    const { flow } = request.params
    const state = found(await lockFlow(tx, workspace, flow), 'flow')
    const seen = given.live === state.live_version && given.revision === state.draft_revision
    if (!seen || row.live_version !== state.live_version || row.draft_revision !== state.draft_revision)
      throw new ApiProblem('OVERTAKEN', 'Somebody published or saved there since. Look at the difference again.')
    const summary = `Version ${source.version} of “${source.name}”: ${given.summary}`.slice(0, 500)
    const made = await makeLive(parts, tx, {
      ...{ workspace, flow, document, hash, author, summary, enabled: state.enabled },
    })
    const base = JSON.stringify(source.document)
    await setTaken(tx, { workspace, flow, template: source.id, version: source.version, document: base })
    const draft = JSON.stringify(look.draft)
    await saveDraft(tx, { workspace, flow, name: look.draft.name, document: draft, by: author.id })
    if (state.live_version !== null) {
      await insertPush(tx, {
        ...{ workspace, flow, number: made.number, source: source.id, source_name: source.name, author },
        version: source.version,
        before_number: state.live_version,
        before_version: taken.version,
        before_document: JSON.stringify(taken.document),
      })
    }
    tell(request, { detail: { number: made.number, version: source.version, hash } })
    return made.number
  })
}

/**
 * Makes what ran before the last push the next version of a client's flow. What has been drawn there since stays in the
 * draft. Answers the new version's number.
 */
export function rollBackClient(
  parts: AppParts,
  request: ClientRequest,
  source: Pick<Source, 'id' | 'name'>,
  number: number,
  author: Author,
): Promise<number> {
  return inTenant(parts, request, async (tx, workspace) => {
    const { flow } = request.params
    const state = found(await lockFlow(tx, workspace, flow), 'flow')
    if (state.archived_at !== null) throw new ApiProblem('FLOW_ARCHIVED')
    if ((await approvalRule(tx, workspace, [])).on) throw new ApiProblem('APPROVAL_NEEDED', SECOND_PERSON)
    const push = await lastPush(tx, workspace, flow)
    if (push?.source !== source.id || push.number !== number || push.rolled_back_at !== null)
      throw new ApiProblem('OVERTAKEN', 'That push is not the last one there any more. Look at the list again.')
    if (state.live_version !== number) {
      const detail = `Version ${state.live_version} was published there since. Go back to an earlier version there.`
      throw new ApiProblem('OVERTAKEN', detail)
    }
    const before = found(await findVersion(tx, workspace, flow, push.before_number), 'version')
    const document = readStored(before.document, before.layout)
    // An answer that only the pushed version asks for does no harm; one that the earlier asks for was given then.
    const made = await makeLive(parts, tx, {
      ...{ workspace, flow, document, hash: before.hash, author, enabled: state.enabled },
      summary: `Back to version ${push.before_number}, before version ${push.version} of “${push.source_name}”.`,
    })
    await setTaken(tx, {
      ...{ workspace, flow, template: source.id, version: push.before_version },
      document: JSON.stringify(push.before_document),
    })
    await keepDrawn(tx, workspace, flow, { number, document, author })
    await markRolledBack(tx, workspace, flow, number)
    tell(request, { detail: { number: made.number, version: push.before_version, hash: before.hash } })
    return made.number
  })
}

/** A draft that equals what was pushed goes back with it; one that was drawn on loses only what the push brought. */
async function keepDrawn(
  tx: Tx,
  workspace: string,
  flow: string,
  back: { readonly number: number; readonly document: ReturnType<typeof readStored>; readonly author: Author },
): Promise<void> {
  const row = found(await findDraft(tx, workspace, flow), 'flow')
  const pushed = found(await findVersion(tx, workspace, flow, back.number), 'version')
  const drawn = readStored(row.draft)
  const next =
    (await flowHash(drawn)) === pushed.hash
      ? { ...back.document, name: drawn.name }
      : takeOver(readStored(pushed.document), drawn, back.document).flow
  await saveDraft(tx, { workspace, flow, name: next.name, document: JSON.stringify(next), by: back.author.id })
}
