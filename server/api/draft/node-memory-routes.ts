import type { Transaction } from 'kysely'
import { FlowParams } from '../../contract/flows.ts'
import { Forgotten, KeyMemory, NodeKey, NodeMemoryList, NodeParams } from '../../contract/node-memory.ts'
import { findDraft } from '../../store/flow/flows.ts'
import type { Database } from '../../store/database/schema.ts'
import { findRemembered, forgetKey, forgetNode, listNodeMemory } from '../../store/journal/forget-node.ts'
import { readStored } from '../flow/flow-documents.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { found } from '../http/problems.ts'

type Place = { readonly workspace: string; readonly flow: string; readonly node: string }

export function nodeMemoryRoutes(api: Api, parts: AppParts): void {
  /** Work on a node of a flow that is there. */
  const ofNode = <T>(
    request: { readonly params: Place },
    work: (tx: Transaction<Database>, place: Place) => Promise<T>,
  ) =>
    inTenant(parts, request, async (tx, workspace) => {
      found(await findDraft(tx, workspace, request.params.flow), 'flow')
      return work(tx, { ...request.params, workspace })
    })

  api.get(
    '/workspaces/:workspace/flows/:flow/memory',
    {
      schema: {
        summary: 'Show what the nodes of a flow remember from run to run',
        tags: ['flows'],
        params: FlowParams,
        response: { 200: NodeMemoryList },
      },
      config: { permission: 'flows.read' },
    },
    async (request) => {
      const { flow } = request.params
      return inTenant(parts, request, async (tx, workspace) => {
        const row = found(await findDraft(tx, workspace, flow), 'flow')
        const names = new Map(readStored(row.draft).nodes.map(({ id, name }) => [id, name]))
        const rows = await listNodeMemory(tx, workspace, flow)
        return {
          items: rows.map(({ node_id, keys, at }) => ({
            node: node_id,
            name: names.get(node_id) ?? null,
            keys,
            at: at.toISOString(),
          })),
        }
      })
    },
  )

  api.delete(
    '/workspaces/:workspace/flows/:flow/memory/:node',
    {
      schema: {
        summary: 'Let a node forget what went through it: the next run takes all records for new',
        tags: ['flows'],
        params: NodeParams,
        response: { 200: Forgotten },
      },
      config: { permission: 'runs.rerun' },
    },
    async (request) => {
      return ofNode(request, async (tx, { workspace, flow, node }) => ({
        keys: await forgetNode(tx, workspace, flow, node),
      }))
    },
  )

  api.post(
    '/workspaces/:workspace/flows/:flow/memory/:node/look-up',
    {
      schema: {
        summary: 'Ask what a node remembers of one key',
        tags: ['flows'],
        params: NodeParams,
        body: NodeKey,
        response: { 200: KeyMemory },
      },
      // Values may be what a person has paid.
      config: { permission: 'payloads.read', whileClosing: true },
    },
    async (request) => {
      return ofNode(request, async (tx, place) => {
        const known = await findRemembered(tx, parts.keys, place, keyText(request.body))
        if (!known) return { found: null }
        const values = Object.entries(known.state?.cells ?? {}).map(([name, { value, count }]) => ({
          // A count is of no field.
          ...{ name: name.trim(), contributions: count },
          value: value === undefined ? null : String(value),
        }))
        return { found: { at: known.at.toISOString(), run: known.run, values } }
      })
    },
  )

  api.post(
    '/workspaces/:workspace/flows/:flow/memory/:node/forget',
    {
      schema: {
        summary: 'Let a node forget one key: its next record counts as new',
        tags: ['flows'],
        params: NodeParams,
        body: NodeKey,
        response: { 200: Forgotten },
      },
      config: { permission: 'runs.rerun' },
    },
    async (request) => {
      return ofNode(request, async (tx, place) => ({
        keys: (await forgetKey(tx, parts.keys, place, keyText(request.body))) ? 1 : 0,
      }))
    },
  )
}

/** As the run makes it of a record's fields (run/record/field-path.ts). */
const keyText = ({ key }: NodeKey): string => (key.length === 1 ? key[0]! : JSON.stringify(key))
