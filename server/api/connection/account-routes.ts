import { StepError } from '../../../connectors/kit/errors.ts'
import { AccountChoice, AccountList, ConnectionParams, ConnectionView } from '../../contract/connections.ts'
import { auditDeed } from '../http/audit.ts'
import { askWithin } from './ask-within.ts'
import { showConnection } from './connection-routes.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { ApiProblem } from '../http/problems.ts'

/** Somebody waits in front of the list. */
const ANSWER_MS = 30_000

/** Which account a connection is for, where its sign-in reaches several: chosen once, by name. */
export function accountRoutes(api: Api, parts: AppParts): void {
  const at = '/workspaces/:workspace/connections/:connection/accounts'
  const tags = ['connections']

  api.get(
    at,
    {
      schema: {
        summary: 'List the accounts that a sign-in reaches, where one is to be chosen',
        tags,
        params: ConnectionParams,
        response: { 200: AccountList },
      },
      config: { permission: 'connections.manage', codes: ['CONNECTION_INVALID', 'REMOTE_FAILED'] },
    },
    async (request) => {
      const { workspace, connection } = request.params
      await showConnection(parts, request, connection)
      const { title, items } = await askWithin(ANSWER_MS, (signal) =>
        parts.connections.accounts(workspace, connection, signal),
      ).catch(explain)
      return { title, items: items.map(({ value, label }) => ({ id: value, name: label })) }
    },
  )

  api.put(
    at,
    {
      schema: {
        summary: 'Choose the account that a connection is for; it stays with it',
        tags,
        params: ConnectionParams,
        body: AccountChoice,
        response: { 200: ConnectionView },
      },
      config: { permission: 'connections.manage', codes: ['CONNECTION_INVALID', 'REMOTE_FAILED'] },
    },
    async (request) => {
      const { workspace, connection } = request.params
      await showConnection(parts, request, connection)
      await askWithin(ANSWER_MS, (signal) =>
        parts.connections.choose(workspace, connection, request.body.account, signal),
      ).catch(explain)
      // The change is made where the sign-in is held, not in a transaction of this request.
      await inTenant(parts, request, (tx) => auditDeed(tx, workspace, request))
      return showConnection(parts, request, connection)
    },
  )
}

function explain(error: unknown): never {
  if (!(error instanceof StepError)) throw error
  const ours = error.code === 'CONFIG_INVALID' || error.code === 'TENANT_GONE'
  throw new ApiProblem(ours ? 'CONNECTION_INVALID' : 'REMOTE_FAILED', error.message, { cause: error })
}
