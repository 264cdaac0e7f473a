import type { Transaction } from 'kysely'
import { type Flow, type FlowPart, MAX_FLOW_BYTES } from '../../flow/document/flow.ts'
import type { Problem } from '../../flow/schema/problem.ts'
import { type Call, callOf, nameOf } from '../../flow/document/sub-flow.ts'
import { withoutParts } from '../../flow/document/version.ts'
import { findDraft } from '../../store/flow/flows.ts'
import type { Database } from '../../store/database/schema.ts'
import { findVersion } from '../../store/flow/versions.ts'
import { readStored } from './flow-documents.ts'

/** A flow with the versions that it calls, as they stand in its workspace. */
export type Called = {
  /** Has `parts` where it calls anything. */
  readonly document: Flow
  /** Live version of each flow that is called. */
  readonly live: ReadonlyMap<string, number>
  /** The parts make it too large; they are not all there then. */
  readonly problems: readonly Problem[]
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const MOST_VERSIONS = 2_147_483_647

/**
 * Parts that the document brings along are not believed. A version has those of its own calls beside it, so that one
 * step down is enough. What is not there, or in another workspace, is left out, and `checkFlow` names it.
 */
export async function withCalled(tx: Transaction<Database>, workspace: string, given: Flow): Promise<Called> {
  const drawn = withoutParts(given)
  const calls = new Map(drawn.nodes.flatMap((node) => callOf(node) ?? []).map((call) => [nameOf(call), call]))
  const live = new Map<string, number>()
  if (calls.size === 0) return { document: drawn, live, problems: [] }

  const parts = new Map<string, FlowPart>()
  let bytes = Buffer.byteLength(JSON.stringify(drawn))
  for (const call of calls.values()) {
    if (!canBe(call)) continue
    const [row, called] = [
      await findVersion(tx, workspace, call.flow, call.version),
      await findDraft(tx, workspace, call.flow),
    ]
    if (typeof called?.live_version === 'number') live.set(call.flow, called.live_version)
    if (!row) continue
    const version = readStored(row.document)
    for (const part of [partOf(call, version), ...(version.parts ?? [])]) {
      if (parts.has(nameOf(part))) continue
      parts.set(nameOf(part), part)
      bytes += Buffer.byteLength(JSON.stringify(part)) + 1
    }
    if (bytes + '"parts":[],'.length > MAX_FLOW_BYTES) return { document: drawn, live, problems: [tooLarge()] }
  }
  const sorted = [...parts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, part]) => part)
  return { document: { ...drawn, parts: sorted }, live, problems: [] }
}

function canBe({ flow, version }: Call): boolean {
  return UUID.test(flow) && Number.isInteger(version) && version > 0 && version <= MOST_VERSIONS
}

function partOf({ flow, version }: Call, { name, order, form, slots, nodes, edges }: Flow): FlowPart {
  return { flow, version, name, ...(order ? { order } : {}), ...(form ? { form } : {}), slots, nodes, edges }
}

function tooLarge(): Problem {
  const most = MAX_FLOW_BYTES.toLocaleString('en')
  const message = `With all that it calls the flow has more than ${most} bytes, the most a flow may have; call less, or split the flow.`
  return { code: 'FLOW_TOO_LARGE', severity: 'error', message }
}
