import type { Transaction } from 'kysely'
import { inlined } from '../../flow/document/sub-flow.ts'
import { approvalRule, insertApproval } from '../../store/flow/approvals.ts'
import { listBindings } from '../../store/connection/bindings.ts'
import { flowOfSource } from '../../store/workspace/clients.ts'
import { inWorkspace } from '../../store/database/database.ts'
import { lockFlow } from '../../store/flow/flows.ts'
import { newId } from '../../store/database/ids.ts'
import type { Database } from '../../store/database/schema.ts'
import { authorsBetween } from '../../store/flow/versions.ts'
import { tell } from '../http/audit.ts'
import { type Landing, land, landingBack } from '../publish/client-land.ts'
import type { ClientLook, Source } from './client-look.ts'
import { splitLayout } from '../flow/flow-documents.ts'
import { type AppParts, inTenant } from '../http/parts.ts'
import { ApiProblem, found } from '../http/problems.ts'
import { triggerOf } from '../switch/switch-routes.ts'
import { queueTrial } from '../flow/tried.ts'
import { withAnswers } from '../flow/with-answers.ts'

type Tx = Transaction<Database>
type ClientRequest = { readonly params: { readonly workspace: string; readonly flow: string } }
type Author = { readonly id: string; readonly name: string }

/** The client's new version, or the request that a second person there decides. */
export type Landed = { readonly number: number } | { readonly approval: string }

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
 * Publishes the version at a client, all or nothing, and takes it into the draft there. Where a second person approves
 * what goes live it is asked for, and nothing changes until then.
 * @throws ApiProblem OVERTAKEN, if somebody published or saved there since it was looked at
 */
export async function pushToClient(
  parts: AppParts,
  request: ClientRequest,
  look: ClientLook,
  source: Source,
  given: { readonly live: number | null; readonly revision: number; readonly summary: string; readonly author: Author },
): Promise<Landed> {
  const { row, taken, document, hash } = look
  const { author } = given
  const drew = await whoDrew(parts, source.id, taken.version, source.version)
  return inTenant(parts, request, async (tx, workspace) => {
    const { flow } = request.params
    const state = found(await lockFlow(tx, workspace, flow), 'flow')
    const seen = given.live === state.live_version && given.revision === state.draft_revision
    if (!seen || row.live_version !== state.live_version || row.draft_revision !== state.draft_revision)
      throw new ApiProblem('OVERTAKEN', 'Somebody published or saved there since. Look at the difference again.')
    return landOrAsk(parts, tx, request, drew, {
      ...{ workspace, flow, document, hash, author },
      push: {
        ...{ kind: 'push', source: source.id, name: source.name, version: source.version, base: source.document },
        ...{ live: state.live_version, taken: taken.version },
      },
      summary: `Version ${source.version} of “${source.name}”: ${given.summary}`.slice(0, 500),
    })
  })
}

/** Makes what ran before the last push the next version of a client's flow, or asks for it. */
export async function rollBackClient(
  parts: AppParts,
  request: ClientRequest,
  source: Pick<Source, 'id' | 'name'>,
  number: number,
  author: Author,
): Promise<Landed> {
  return inTenant(parts, request, async (tx, workspace) => {
    const { flow } = request.params
    const landing = await landingBack(tx, { workspace, flow }, source, number, author)
    // What comes back was approved before, or ran before the rule; only who wants it back cannot approve that.
    return landOrAsk(parts, tx, request, [], landing)
  })
}

async function landOrAsk(
  parts: AppParts,
  tx: Tx,
  request: object,
  authors: readonly string[],
  landing: Landing,
): Promise<Landed> {
  const { workspace, flow, push, document, hash, summary, author } = landing
  const detail = { version: push.version, hash }
  if (!(await approvalRule(tx, workspace)).on) {
    const number = await land(parts, tx, landing)
    tell(request, { detail: { number, ...detail } })
    return { number }
  }
  const id = newId()
  const bound = (await listBindings(tx, workspace, flow)).map(({ slot, connection }) => [slot, connection])
  await insertApproval(tx, {
    ...{ workspace, id, kind: 'publish', flow, ...splitLayout(document), hash, summary, by: author, authors, push },
    bindings: JSON.stringify(Object.fromEntries(bound)),
  })
  tell(request, { subject: { approval: id }, detail: { asked: true, ...detail } })
  return { approval: id }
}

/** Whoever had a part in what is pushed, in the workspace of the master: none of them approves it at a client. */
export async function whoDrew(parts: AppParts, source: string, after: number, upTo: number): Promise<string[]> {
  const master = flowOfSource(source)
  if (!master) return []
  return inWorkspace(parts.app, master.workspace, (tx) =>
    authorsBetween(tx, master.workspace, master.flow, after, upTo),
  )
}
