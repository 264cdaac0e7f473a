import { Type } from 'typebox'
import { FlowParams } from '../../contract/flows.ts'
import { PinRequest, Sample, SampleList, SampleParams, type SampleView } from '../../contract/samples.ts'
import { findDraft } from '../../store/flow/flows.ts'
import { findPinned, keepSample, listSamples, openSample, type SampleRow, unpin } from '../../store/flow/samples.ts'
import { basisOf } from '../../flow/document/basis.ts'
import { whoAsks } from '../http/access.ts'
import { auditDeed } from '../http/audit.ts'
import { readStored } from '../flow/flow-documents.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { found } from '../http/problems.ts'

const view = ({ id: _, at, basis, ...row }: SampleRow): SampleView => ({
  ...row,
  at: at.toISOString(),
  basis: basis as SampleView['basis'], // written by keepSample
})

export function sampleRoutes(api: Api, parts: AppParts): void {
  const tags = ['drafts']

  api.get(
    '/workspaces/:workspace/flows/:flow/samples',
    {
      schema: {
        summary: 'List steps with records that were pinned to them, or given to their last test',
        tags,
        params: FlowParams,
        response: { 200: SampleList },
      },
      config: { permission: 'flows.read' },
    },
    async (request) => {
      const { flow } = request.params
      return inTenant(parts, request, async (tx, workspace) => {
        found(await findDraft(tx, workspace, flow), 'flow')
        return { items: (await listSamples(tx, workspace, flow)).map(view) }
      })
    },
  )

  api.get(
    '/workspaces/:workspace/flows/:flow/samples/:node',
    {
      schema: {
        summary: 'Get the records that are pinned to a step',
        tags,
        params: SampleParams,
        response: { 200: Sample },
      },
      config: { permission: 'payloads.read' },
    },
    async (request) => {
      const { flow, node } = request.params
      return inTenant(parts, request, async (tx, workspace) => {
        const row = found(await findPinned(tx, workspace, flow, node), 'sample')
        const inputs = found(await openSample(tx, parts.keys, workspace, flow, row.id), 'sample')
        await auditDeed(tx, workspace, request)
        return { ...view(row), inputs: Object.fromEntries(Object.entries(inputs).map(([at, list]) => [at, [...list]])) }
      })
    },
  )

  api.put(
    '/workspaces/:workspace/flows/:flow/samples/:node',
    {
      schema: {
        summary: 'Pin records to a step, from a run or made by hand: its tests use them. No run ever does',
        tags,
        params: SampleParams,
        body: PinRequest,
        response: { 200: SampleList },
      },
      config: { permission: 'flows.edit' },
    },
    async (request) => {
      const { flow, node } = request.params
      const author = whoAsks(request).person.name
      return inTenant(parts, request, async (tx, workspace) => {
        const basis = basisOf(readStored(found(await findDraft(tx, workspace, flow), 'flow').draft), node)
        await keepSample(tx, parts.keys, { workspace, flow, node, kind: 'pinned', author, basis, ...request.body })
        return { items: (await listSamples(tx, workspace, flow)).map(view) }
      })
    },
  )

  api.delete(
    '/workspaces/:workspace/flows/:flow/samples/:node',
    {
      schema: {
        summary: 'Unpin the records of a step',
        tags,
        params: SampleParams,
        response: { 204: Type.Null() },
      },
      config: { permission: 'flows.edit' },
    },
    async (request, reply) => {
      const { flow, node } = request.params
      const gone = await inTenant(parts, request, (tx, workspace) => unpin(tx, workspace, flow, node))
      found(gone || undefined, 'sample')
      return reply.code(204).send(null)
    },
  )
}
