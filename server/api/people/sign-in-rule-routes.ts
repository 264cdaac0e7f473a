import { SignInRuleView } from '../../contract/proofs.ts'
import { WorkspaceParams } from '../../contract/shared.ts'
import { setSignInRule, signInRuleOf } from '../../store/workspace/workspaces.ts'
import { lacking, personAsks } from '../http/access.ts'
import { tell } from '../http/audit.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { ApiProblem } from '../http/problems.ts'

/** How people have to sign in to get into a workspace. It counts from the next request of everybody, tokens included. */
export function signInRuleRoutes(api: Api, parts: AppParts): void {
  const tags = ['people']

  api.get(
    '/workspaces/:workspace/sign-in-rule',
    {
      schema: {
        summary: 'Say how people have to sign in',
        tags,
        params: WorkspaceParams,
        response: { 200: SignInRuleView },
      },
      config: { permission: 'workspace.read' },
    },
    (request) => inTenant(parts, request, signInRuleOf),
  )

  api.put(
    '/workspaces/:workspace/sign-in-rule',
    {
      schema: {
        summary: 'Say how people have to sign in. Who has not signed in so is out with their next request',
        tags,
        params: WorkspaceParams,
        body: SignInRuleView,
        response: { 200: SignInRuleView },
      },
      config: { permission: 'workspace.manage', stepUp: true, codes: ['RULE_NOT_MET'] },
    },
    async (request) => {
      const rule = request.body
      const lacks = lacking(rule, personAsks(request))
      if (lacks) {
        throw new ApiProblem(
          'RULE_NOT_MET',
          lacks === 'SSO_REQUIRED'
            ? 'Sign in by single sign-on first: then you are sure that it works.'
            : 'Set up your own second factor first, and sign in with it.',
        )
      }
      return inTenant(parts, request, async (tx, workspace) => {
        tell(request, { detail: { before: await signInRuleOf(tx, workspace) } })
        await setSignInRule(tx, workspace, rule)
        return rule
      })
    },
  )
}
