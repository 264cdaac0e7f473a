import { bigcommerce } from '../../../connectors/bigcommerce/index.ts'
import type { BigCommerceSandbox } from '../../../connectors/bigcommerce/sandbox/server.ts'
import { emarsys } from '../../../connectors/emarsys/index.ts'
import {
  type EmarsysSandbox,
  type SandboxOptions,
  startEmarsysSandbox,
} from '../../../connectors/emarsys/sandbox/server.ts'
import type { LoginKind, Operation } from '../../../connectors/kit/connector.ts'
import { xero } from '../../../connectors/xero/index.ts'
import { startXeroSandbox, type XeroSandbox, type XeroSandboxOptions } from '../../../connectors/xero/sandbox/server.ts'
import { type OpenOptions, type Opened, openConnection } from './open.ts'

type More = Partial<Pick<OpenOptions, 'budget' | 'limits' | 'tokens' | 'secrets' | 'connection'>> & {
  readonly login?: string
}

const kindOf = (logins: readonly LoginKind[], name: string): LoginKind => {
  const kind = logins.find((login) => login.name === name)
  if (!kind) throw new Error(`no login kind ${name}`)
  return kind
}

export const operationOf = <K extends Operation['kind']>(
  connector: { readonly operations: readonly Operation[] },
  name: string,
  kind: K,
): Extract<Operation, { kind: K }> => {
  const found = connector.operations.find((operation) => operation.name === name && operation.kind === kind)
  if (!found) throw new Error(`no ${kind} ${name}`)
  // The kind was just compared.
  return found as Extract<Operation, { kind: K }>
}

/** The settings a new node of the operation would have, with some of them set. */
export function settingsOf(
  operation: Operation,
  set: { readonly [name: string]: unknown } = {},
): { [name: string]: unknown } {
  const defaults = Object.entries(operation.settings.properties).flatMap(([name, schema]) =>
    'default' in schema ? [[name, schema.default] as const] : [],
  )
  // Which field identifies a contact has no default on purpose; these tests know theirs by e-mail.
  if ('keyField' in operation.settings.properties) defaults.push(['keyField', '3'])
  return { ...Object.fromEntries(defaults), ...set }
}

export async function xeroAccount(options: XeroSandboxOptions = {}): Promise<XeroSandbox> {
  return startXeroSandbox({ limits: 'off', ...options })
}

export function openXero(sandbox: XeroSandbox, more: More = {}): Opened {
  const { login = 'custom-connection', connection, secrets, ...rest } = more
  return openConnection({
    connector: xero,
    login: kindOf(xero.logins, login),
    connection: {
      identityUrl: sandbox.url,
      loginUrl: sandbox.url,
      apiUrl: sandbox.url,
      tenantId: sandbox.tenantId,
      ...connection,
    },
    secrets: { clientId: sandbox.clientId, clientSecret: sandbox.clientSecret, ...secrets },
    ...rest,
  })
}

/** Strict about how keys are spelled, so that no call of ours lives from the sandbox's leniency. */
export async function emarsysAccount(options: SandboxOptions = {}): Promise<EmarsysSandbox> {
  const sandbox = await startEmarsysSandbox(options)
  sandbox.setQuirks({ keySpelling: 'documented' })
  return sandbox
}

export function openEmarsys(sandbox: EmarsysSandbox, more: More = {}): Opened {
  const { login = 'oauth-client', connection, secrets, ...rest } = more
  const { clientId, clientSecret, wsseUser, wsseSecret, salesToken, merchantId } = sandbox.credentials
  return openConnection({
    connector: emarsys,
    login: kindOf(emarsys.logins, login),
    connection: {
      apiUrl: sandbox.url,
      tokenUrl: `${sandbox.url}/oauth2/token`,
      salesUrl: sandbox.url,
      merchantId,
      externalIdField: '9001',
      ...connection,
    },
    secrets: {
      ...(login === 'wsse' ? { username: wsseUser, secret: wsseSecret } : { clientId, clientSecret }),
      salesToken,
      ...secrets,
    },
    ...rest,
  })
}

export function openBigCommerce(sandbox: BigCommerceSandbox, more: More = {}): Opened {
  const { login = 'token', connection, secrets, ...rest } = more
  return openConnection({
    connector: bigcommerce,
    login: kindOf(bigcommerce.logins, login),
    connection: { apiUrl: sandbox.url, storeHash: sandbox.storeHash, ...connection },
    secrets: { accessToken: sandbox.accessToken, ...secrets },
    ...rest,
  })
}
