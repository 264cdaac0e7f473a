import Escher from 'escher-auth'
import type { EmarsysSandbox } from '../../../connectors/emarsys/sandbox/server.ts'
import { type Answer, callerOf } from './sandbox-caller.ts'

/** Where partners' calls go. */
export const INTERNAL = '/api/v2/internal/215000000'

/** What a test makes wrong about a signed call. */
export type Changes = {
  readonly secret?: string
  readonly sent?: string
  readonly path?: string
  readonly scope?: string
}

/** Signs a call as suite-js-sdk does (but its Host has no port, and fetch's has one), and sends it. */
export async function signedCall(
  sandbox: EmarsysSandbox,
  method: string,
  path: string,
  body = '',
  changes: Changes = {},
): Promise<Answer> {
  const url = `${INTERNAL}${path}`
  const { host } = new URL(sandbox.url)
  const escher = new Escher({
    algoPrefix: 'EMS',
    vendorKey: 'EMS',
    credentialScope: changes.scope ?? 'eu/suite/ems_request',
    authHeaderName: 'X-Ems-Auth',
    dateHeaderName: 'X-Ems-Date',
    accessKeyId: sandbox.credentials.escherKey,
    apiSecret: changes.secret ?? sandbox.credentials.escherSecret,
  })
  const headers: [string, string][] = [
    ['host', host],
    ['content-type', 'application/json'],
  ]
  const signed = escher.signRequest({ method, host, url, headers }, body, ['content-type'])
  const call = callerOf(sandbox, Object.fromEntries(signed.headers.filter(([name]) => name !== 'host')))
  return call(method, changes.path ?? url, changes.sent ?? (body === '' ? undefined : body))
}
