import type { Transaction } from 'kysely'
import type { Flow } from '../../flow/document/flow.ts'
import { flowHash } from '../../flow/document/version.ts'
import { type PushAsked, withoutAuthor } from '../../store/flow/approvals.ts'
import { insertPush, lastPush, markRolledBack } from '../../store/workspace/clients.ts'
import { findTaken, setTaken } from '../../store/flow/flow-templates.ts'
import { findDraft, lockFlow, saveDraft } from '../../store/flow/flows.ts'
import type { Database } from '../../store/database/schema.ts'
import { findVersion } from '../../store/flow/versions.ts'
import { readStored } from '../flow/flow-documents.ts'
import { makeLive } from './make-live.ts'
import type { AppParts } from '../http/parts.ts'
import { ApiProblem, found } from '../http/problems.ts'
import { takeOver } from '../flow/take-over.ts'

type Tx = Transaction<Database>
type Place = { readonly workspace: string; readonly flow: string }
type Author = { readonly id: string; readonly name: string }

/** What goes live at a client, and who wanted it. */
export type Landing = Place & {
  readonly push: PushAsked
  readonly document: Flow
  readonly hash: string
  readonly summary: string
  readonly author: Author
}

/**
 * Whether a push can still land as it was looked at: nobody has published there, or taken another version, since. Whoever
 * drew on the draft meanwhile does not matter; it takes the version in when it lands.
 */
export async function stillLands(tx: Tx, { workspace, flow }: Place, push: PushAsked): Promise<boolean> {
  const [row, taken] = [await findDraft(tx, workspace, flow), await findTaken(tx, workspace, flow)]
  if (row?.live_version !== push.live || taken?.template !== push.source || taken.version !== push.taken) return false
  if (push.kind === 'push') return true
  const last = await lastPush(tx, workspace, flow)
  return last?.number === push.live && last.rolled_back_at === null
}

/**
 * Makes a pushed version what runs at a client, and takes it into the draft there; or takes the last push back. What has
 * been drawn there since stays in the draft. Lock the flow, and look whether it still lands, first. Answers the number
 * of the client's new version.
 */
export function land(parts: AppParts, tx: Tx, landing: Landing): Promise<number> {
  return landing.push.kind === 'push' ? landPush(parts, tx, landing) : landBack(parts, tx, landing)
}

async function landPush(parts: AppParts, tx: Tx, landing: Landing): Promise<number> {
  const { workspace, flow, push, document, hash, author, summary } = landing
  const state = found(await lockFlow(tx, workspace, flow), 'flow')
  const before = found(await findTaken(tx, workspace, flow), 'client')
  await setTaken(tx, {
    ...{ workspace, flow, template: push.source, version: push.version, name: push.name },
    document: JSON.stringify(push.base),
  })
  const made = await makeLive(parts, tx, { workspace, flow, document, hash, author, summary, enabled: state.enabled })
  const drawn = readStored(found(await findDraft(tx, workspace, flow), 'flow').draft)
  const draft = takeOver(readStored(before.document), drawn, readStored(push.base)).flow
  const taking = { workspace, flow, name: draft.name, document: JSON.stringify(draft), by: author.id }
  await withoutAuthor(tx, workspace, flow, () => saveDraft(tx, taking))
  if (state.live_version !== null) {
    await insertPush(tx, {
      ...{ workspace, flow, number: made.number, source: push.source, source_name: push.name, author },
      version: push.version,
      before_number: state.live_version,
      before_version: before.version,
      before_document: JSON.stringify(before.document),
    })
  }
  return made.number
}

/** What {@link land} needs to take the last push to a client back. @throws ApiProblem OVERTAKEN */
export async function landingBack(
  tx: Tx,
  { workspace, flow }: Place,
  source: { readonly id: string; readonly name: string },
  number: number,
  author: Author,
): Promise<Landing> {
  const state = found(await lockFlow(tx, workspace, flow), 'flow')
  if (state.archived_at !== null) throw new ApiProblem('FLOW_ARCHIVED')
  const push = await lastPush(tx, workspace, flow)
  if (push?.source !== source.id || push.number !== number || push.rolled_back_at !== null)
    throw new ApiProblem('OVERTAKEN', 'That push is not the last one there any more. Look at the list again.')
  if (state.live_version !== number) {
    const detail = `Version ${state.live_version} was published there since. Go back to an earlier version there.`
    throw new ApiProblem('OVERTAKEN', detail)
  }
  const before = found(await findVersion(tx, workspace, flow, push.before_number), 'version')
  const taken = found(await findTaken(tx, workspace, flow), 'client')
  return {
    ...{ workspace, flow, author, hash: before.hash, document: readStored(before.document, before.layout) },
    push: {
      ...{ kind: 'back', source: source.id, name: source.name, version: push.before_version },
      ...{ base: push.before_document, live: number, taken: taken.version },
    },
    summary: `Back to version ${push.before_number}, before version ${push.version} of “${push.source_name}”.`,
  }
}

async function landBack(parts: AppParts, tx: Tx, landing: Landing): Promise<number> {
  const { workspace, flow, push, document, hash, author, summary } = landing
  const state = found(await lockFlow(tx, workspace, flow), 'flow')
  const pushed = found(await findVersion(tx, workspace, flow, push.live ?? 0), 'version')
  await setTaken(tx, {
    ...{ workspace, flow, template: push.source, version: push.version, name: push.name },
    document: JSON.stringify(push.base),
  })
  // An answer that only the pushed version asks for does no harm; one that the earlier asks for was given then.
  const made = await makeLive(parts, tx, { workspace, flow, document, hash, author, summary, enabled: state.enabled })
  // A draft that equals what was pushed goes back with it; one that was drawn on loses only what the push brought.
  const drawn = readStored(found(await findDraft(tx, workspace, flow), 'flow').draft)
  const next =
    (await flowHash(drawn)) === pushed.hash
      ? { ...document, name: drawn.name }
      : takeOver(readStored(pushed.document), drawn, document).flow
  const taking = { workspace, flow, name: next.name, document: JSON.stringify(next), by: author.id }
  await withoutAuthor(tx, workspace, flow, () => saveDraft(tx, taking))
  await markRolledBack(tx, workspace, flow, push.live ?? 0)
  return made.number
}
