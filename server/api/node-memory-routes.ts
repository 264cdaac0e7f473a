import { FlowParams } from '../contract/flows.ts'
import { Forgotten, NodeMemoryList, NodeParams } from '../contract/node-memory.ts'
import { findDraft } from '../store/flows.ts'
import { forgetNode, listNodeMemory } from '../store/forget-node.ts'
import { readStored } from './flow-documents.ts'
import { type Api, type AppParts, inTenant } from './parts.ts'
import { found } from './problems.ts'

export function nodeMemoryRoutes(api: Api, parts: AppParts): void {
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
      const { flow, node } = request.params
      return inTenant(parts, request, async (tx, workspace) => {
        found(await findDraft(tx, workspace, flow), 'flow')
        return { keys: await forgetNode(tx, workspace, flow, node) }
      })
    },
  )
}
