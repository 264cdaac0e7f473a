import { PolicyChange, PolicyPage, PolicyRequest, type PolicyView } from '../../contract/answers.ts'
import { WorkspaceParams } from '../../contract/shared.ts'
import type { Flow } from '../../flow/document/flow.ts'
import { asksPolicy, ConfirmedRule, sayEffect, sayRule } from '../../flow/document/policy.ts'
import { listLive } from '../../store/flow/flows.ts'
import { currentPolicy, insertPolicy, listPolicies, type PolicyRow } from '../../store/flow/policies.ts'
import { whoAsks } from '../http/access.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { ApiProblem } from '../http/problems.ts'

const view = ({ version, rule, reason, author, at }: PolicyRow): PolicyView => ({
  version,
  rule,
  sentence: sayRule(rule),
  reason,
  author,
  at: at?.toISOString() ?? null,
})

export function policyRoutes(api: Api, parts: AppParts): void {
  const tags = ['policy']

  api.get(
    '/workspaces/:workspace/policy',
    {
      schema: {
        summary: 'Say when an order counts, for all flows of the workspace',
        tags,
        params: WorkspaceParams,
        response: { 200: PolicyPage },
      },
      config: { permission: 'flows.read' },
    },
    async (request) =>
      inTenant(parts, request, async (tx, workspace) => {
        const versions = await listPolicies(tx, workspace)
        const flows = (await listLive(tx, workspace)).filter(({ document }) => asksPolicy(document as Flow))
        return {
          current: view(versions[0]!), // there is always the one that Tieline comes with
          schema: JSON.parse(JSON.stringify(ConfirmedRule)),
          versions: versions.map(view),
          flows: flows.map(({ id, name, enabled }) => ({ id, name, enabled })),
        }
      }),
  )

  api.put(
    '/workspaces/:workspace/policy',
    {
      schema: {
        summary: 'Change when an order counts; `dry` only says what would follow',
        tags,
        params: WorkspaceParams,
        body: PolicyRequest,
        response: { 200: PolicyChange },
      },
      config: { permission: 'policy.edit', codes: ['OVERTAKEN', 'REASON_MISSING'] },
    },
    async (request) => {
      const { rule, reason, version, dry = false } = request.body
      return inTenant(parts, request, async (tx, workspace) => {
        const before = await currentPolicy(tx, workspace)
        const overtaken = () =>
          new ApiProblem(
            'OVERTAKEN',
            `${before.author ?? 'Somebody'} made version ${before.version}. Look at it first.`,
          )
        if (before.version !== version) throw overtaken()
        const effect = [...sayEffect(before.rule, rule)]
        if (dry || effect.length === 0) return { effect, sentence: sayRule(rule), current: view(before) }
        if (reason.trim() === '') throw new ApiProblem('REASON_MISSING')
        const author = whoAsks(request).person
        if (!(await insertPolicy(tx, { workspace, after: version, rule, reason, author }))) throw overtaken()
        return { effect, sentence: sayRule(rule), current: view(await currentPolicy(tx, workspace)) }
      })
    },
  )
}
