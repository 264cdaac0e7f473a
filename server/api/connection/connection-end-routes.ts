import type { Transaction } from 'kysely'
import { StepError } from '../../../connectors/kit/errors.ts'
import { ConnectionParams, ConnectionView, DeleteConnectionQuery, GivenBack } from '../../contract/connections.ts'
import {
  deleteConnection,
  disconnect,
  findConnection,
  hasHistory,
  lockConnection,
  secretsPlace,
} from '../../store/connection/connection-records.ts'
import { rulesOver } from '../../store/alert/alert-rules.ts'
import { usedElsewhere } from '../../store/connection/connection-shredding.ts'
import type { Database } from '../../store/database/schema.ts'
import { seal } from '../../store/key/secrets.ts'
import { whoAsks } from '../http/access.ts'
import { tell } from '../http/audit.ts'
import { askWithin } from './ask-within.ts'
import { showConnection } from './connection-routes.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { ApiProblem, found } from '../http/problems.ts'

const REVOKE_MS = 30_000

type Request = { readonly params: { readonly workspace: string; readonly connection: string } }

/** The end of a connection. Its sign-in is given back in the other system first, while it still can be. */
export function connectionEndRoutes(api: Api, parts: AppParts): void {
  const tags = ['connections']

  api.delete(
    '/workspaces/:workspace/connections/:connection',
    {
      schema: {
        summary: 'Delete a connection that nothing uses, and give its sign-in back in the other system',
        tags,
        params: ConnectionParams,
        querystring: DeleteConnectionQuery,
        response: { 200: GivenBack },
      },
      config: { permission: 'connections.manage', stepUp: true, codes: ['CONNECTION_IN_USE', 'REMOTE_FAILED'] },
    },
    async (request) => {
      const { connection } = request.params
      const removable = async (tx: Transaction<Database>, workspace: string) => {
        refuseUsed(found(await findConnection(tx, workspace, connection), 'connection').used_by)
        refuseTelling(await rulesOver(tx, workspace, connection))
        if (await hasHistory(tx, workspace, connection)) {
          throw new ApiProblem(
            'CONNECTION_IN_USE',
            'The ledger knows by this connection what was already sent; without it, it could be sent twice. Disconnect it instead: its secrets go, what was sent stays known.',
          )
        }
      }
      await inTenant(parts, request, removable)
      const signIn = await giveBack(parts, request, request.query.anyway === true)
      await inTenant(parts, request, async (tx, workspace) => {
        // Somebody may have bound a flow to it meanwhile, or sent by it.
        await lockConnection(tx, workspace, connection)
        await removable(tx, workspace)
        tell(request, { detail: { signIn } })
        await deleteConnection(tx, workspace, connection)
      })
      return { signIn }
    },
  )

  api.post(
    '/workspaces/:workspace/connections/:connection/disconnect',
    {
      schema: {
        summary: 'Give its sign-in back and forget its secrets; what was sent by it stays known',
        tags,
        params: ConnectionParams,
        querystring: DeleteConnectionQuery,
        response: { 200: ConnectionView },
      },
      config: { permission: 'connections.manage', stepUp: true, codes: ['CONNECTION_IN_USE', 'REMOTE_FAILED'] },
    },
    async (request) => {
      const { connection } = request.params
      const on = async () =>
        inTenant(parts, request, async (tx, workspace) => {
          const row = found(await findConnection(tx, workspace, connection), 'connection')
          refuseUsed(row.used_by.filter(({ enabled }) => enabled))
          refuseTelling(await rulesOver(tx, workspace, connection))
        })
      await on()
      const signIn = await giveBack(parts, request, request.query.anyway === true)
      await inTenant(parts, request, async (tx, workspace) => {
        tell(request, { detail: { signIn } })
        const none = seal(parts.keys, secretsPlace(workspace, connection), '{}')
        await disconnect(tx, workspace, connection, none, `Disconnected by ${whoAsks(request).person.name}.`)
      })
      return showConnection(parts, request, connection)
    },
  )
}

function refuseUsed(flows: readonly { readonly name: string }[]): void {
  if (flows.length === 0) return
  const names = flows.map(({ name }) => `“${name}”`).join(', ')
  throw new ApiProblem('CONNECTION_IN_USE', `These flows are bound to it: ${names}. Bind others there first.`)
}

/** Else people would not be told of what goes wrong, and nobody of that. */
function refuseTelling(rules: readonly string[]): void {
  if (rules.length === 0) return
  const names = rules.map((name) => `“${name}”`).join(', ')
  throw new ApiProblem(
    'CONNECTION_IN_USE',
    `These rules for alerts tell people over it: ${names}. Let them tell people another way first.`,
  )
}

/** @throws ApiProblem REMOTE_FAILED when the other system does not do it, unless it shall go on `anyway` */
async function giveBack(parts: AppParts, request: Request, anyway: boolean) {
  const { workspace, connection: id } = request.params
  const row = found(await inTenant(parts, request, (tx) => findConnection(tx, workspace, id)), 'connection')
  if (await usedElsewhere(parts.system, { workspace, id, connector: row.connector }, { whole: false })) {
    return 'used-elsewhere' as const
  }
  try {
    return await askWithin(REVOKE_MS, (signal) => parts.connections.revoke(workspace, id, signal))
  } catch (error) {
    if (anyway) return 'not-revoked' as const
    if (!(error instanceof StepError)) throw error
    throw new ApiProblem(
      'REMOTE_FAILED',
      `The sign-in could not be given back, and nothing was changed: ${error.message} Try again, or go on and end it there by hand.`,
      { cause: error },
    )
  }
}
