import { type Static, Type } from 'typebox'
import { baseUrl } from '../../kit/address.ts'
import type { Context, DataRecord, Finding, LoginKind } from '../../kit/connector.ts'
import { StepError } from '../../kit/errors.ts'
import { failedFinding } from '../../kit/failed-finding.ts'
import { listOf, textOf } from '../../kit/fields.ts'
import { requestToken } from '../../kit/oauth.ts'
import { getConnections, getList, isScopeProblem } from './client.ts'
import { disconnect } from './disconnect.ts'

/**
 * What reading contacts, invoices and settings needs. All else is asked for only where somebody says so. Granular names:
 * apps made since March 2026 get no others; the broad ones end in September 2027.
 */
export const SCOPES = ['accounting.contacts.read', 'accounting.invoices.read', 'accounting.settings.read'] as const

/** Broad scopes of older apps, and what each stands for. */
const BROAD: { readonly [scope: string]: readonly string[] } = {
  'accounting.transactions': [
    'accounting.invoices',
    'accounting.payments',
    'accounting.banktransactions',
    'accounting.manualjournals',
  ],
  'accounting.reports': [
    'accounting.reports.trialbalance',
    'accounting.reports.profitandloss',
    'accounting.reports.aged',
  ],
}

/** Whether the scopes that a connection asks for hold this one. Writing includes reading. */
export function hasScope(connection: Context['connection'], wanted: string): boolean {
  const asked = scopesOf(connection).flatMap((scope) => {
    const reads = scope.endsWith('.read')
    const broad = BROAD[reads ? scope.slice(0, -'.read'.length) : scope]
    return broad ? [scope, ...broad.map((one) => (reads ? `${one}.read` : one))] : [scope]
  })
  return asked.includes(wanted) || (wanted.endsWith('.read') && asked.includes(wanted.slice(0, -'.read'.length)))
}

export const XeroSettings = Type.Object(
  {
    identityUrl: Type.String({
      title: 'Address of the token service',
      format: 'uri',
      default: 'https://identity.xero.com',
    }),
    loginUrl: Type.String({ title: 'Address of the sign-in page', format: 'uri', default: 'https://login.xero.com' }),
    apiUrl: Type.String({ title: 'Address of the API', format: 'uri', default: 'https://api.xero.com' }),
    organisation: Type.Optional(Type.String({ title: 'Organisation', default: '' })),
    tenantId: Type.Optional(
      Type.String({
        title: 'Id of the organisation (tenant id)',
        description: 'Found by itself when the login reaches only one.',
        default: '',
      }),
    ),
    baseCurrency: Type.Optional(Type.String({ title: 'Base currency of the organisation', default: '' })),
    callsPerMinute: Type.Optional(
      Type.Integer({
        title: 'Calls per minute',
        description: 'Xero allows 60. More is for a sandbox whose limits were raised; a million is no limit.',
        minimum: 1,
        maximum: 1_000_000,
        default: 60,
      }),
    ),
    callsPerDay: Type.Optional(
      Type.Integer({
        title: 'Calls per day',
        description: 'Xero allows 5,000 per organisation, 1,000 to an app of the Starter tier.',
        minimum: 1,
        maximum: 10_000_000,
        default: 5000,
      }),
    ),
    scopes: Type.Optional(
      Type.Array(Type.String({ title: 'Scope' }), {
        title: 'Scopes asked for',
        description:
          'Writing needs more, as do payments, journals and reports: add what the connection’s flows lack, then sign in again.',
        default: [...SCOPES],
      }),
    ),
  },
  { additionalProperties: false },
)
export type XeroSettings = Static<typeof XeroSettings>

const ClientSecrets = Type.Object(
  {
    clientId: Type.String({ title: 'App (client) id', minLength: 1 }),
    clientSecret: Type.String({ title: 'Client secret', minLength: 1 }),
  },
  { additionalProperties: false },
)

/** Adds the token to API requests only: nothing but apiUrl ever sees it. */
const withToken: LoginKind['apply'] = (request, { connection, tokens }) => {
  if (!request.url.startsWith(`${baseUrl(connection, 'apiUrl')}/`)) return request
  if (!tokens) throw new StepError('LOGIN_REFUSED', 'This Xero connection is not signed in yet. Connect it.')
  return { ...request, headers: { ...request.headers, authorization: `Bearer ${tokens.access}` } }
}

const tokenUrl = (connection: Context['connection']) => `${baseUrl(connection, 'identityUrl')}/connect/token`

const scopesOf = (connection: Context['connection']): readonly string[] => {
  const asked = listOf(connection.scopes)
    .map(textOf)
    .filter((scope) => scope !== '')
  return asked.length > 0 ? asked : SCOPES
}

/** One organisation, no browser, no refresh token: a new access token is asked for each time. */
export const customConnection: LoginKind = {
  name: 'custom-connection',
  title: 'Custom connection',
  notice:
    'One organisation per app; Xero offers it in Australia, New Zealand, the United Kingdom and the United States.',
  secrets: ClientSecrets,
  credential: 'clientId',
  login: ({ http, connection, secrets, now }) =>
    requestToken(
      { http, now },
      {
        system: 'Xero',
        url: tokenUrl(connection),
        clientId: textOf(secrets.clientId),
        clientSecret: textOf(secrets.clientSecret),
        form: { grant_type: 'client_credentials', scope: scopesOf(connection).join(' ') },
      },
    ),
  apply: withToken,
  curable: (answer) => !isScopeProblem(answer),
}

/** A user's consent in the browser. PKCE belongs to another app type of Xero's, not to web apps. */
export const oauthCode: LoginKind = {
  name: 'oauth-code',
  title: 'Sign in with Xero',
  // Refresh tokens live for 60 days (developer.xero.com, “The standard authorization code flow”); each use gives a new one.
  unused: { days: 60, instead: 'Test the connection, or let a flow use it: that makes it last again.' },
  secrets: ClientSecrets,
  credential: 'clientId',
  async login({ http, connection, secrets, tokens, now }) {
    if (!tokens?.refresh) {
      throw new StepError('LOGIN_REFUSED', 'Xero gave this connection no refresh token. Sign in with Xero again.')
    }
    // Each refresh replaces the refresh token; the old one works for 30 more minutes, for a lost answer.
    return requestToken(
      { http, now },
      {
        system: 'Xero',
        url: tokenUrl(connection),
        clientId: textOf(secrets.clientId),
        clientSecret: textOf(secrets.clientSecret),
        form: { grant_type: 'refresh_token', refresh_token: tokens.refresh },
      },
    )
  },
  apply: withToken,
  curable: (answer) => !isScopeProblem(answer),
  revoke: disconnect,
  authorize: {
    // Source: identity.xero.com/.well-known/openid-configuration, “issuer”.
    issuer: (connection) => baseUrl(connection, 'identityUrl'),
    url({ connection, secrets, redirectUri, state, scopes }) {
      const url = new URL(`${baseUrl(connection, 'loginUrl')}/identity/connect/authorize`)
      const asked = new Set(['offline_access', ...(scopes.length > 0 ? scopes : scopesOf(connection))])
      url.search = new URLSearchParams({
        response_type: 'code',
        client_id: textOf(secrets.clientId),
        redirect_uri: redirectUri,
        scope: [...asked].join(' '),
        state,
      }).toString()
      return url.href
    },
    exchange: ({ http, connection, secrets, now, code, redirectUri }) =>
      requestToken(
        { http, now },
        {
          system: 'Xero',
          url: tokenUrl(connection),
          clientId: textOf(secrets.clientId),
          clientSecret: textOf(secrets.clientSecret),
          form: { grant_type: 'authorization_code', code, redirect_uri: redirectUri },
        },
      ),
  },
}

/** One consent may be for several organisations. Source: developer.xero.com, “Tenants”, GET /connections. */
export const organisations = {
  title: 'Organisation',
  setting: 'tenantId',
  list: async (context: Context<unknown>) => {
    const reached = await getConnections(context as Context)
    return reached.map(({ tenantId, tenantName }) => ({ value: tenantId, label: tenantName || tenantId }))
  },
} as const

/**
 * Finds the organisation behind a login. Xero's tokens are not bound to one: a wrong tenant id would read and write
 * another company's books without complaint, so the id is pinned, and the currency that all amounts are in with it.
 */
export async function discover(context: Context) {
  const wanted = textOf(context.connection.tenantId)
  const reachable = await getConnections(context)
  const chosen = wanted === '' ? reachable : reachable.filter((entry) => entry.tenantId === wanted)
  if (chosen.length > 1) {
    const names = chosen.map((entry) => `${entry.tenantName} (${entry.tenantId})`).join(', ')
    throw new StepError(
      'CONFIG_INVALID',
      `This login reaches several organisations. Choose one on the page of the connection, or set its id to one of: ${names}.`,
    )
  }
  const tenant = chosen[0]
  if (!tenant) {
    const name = textOf(context.connection.organisation)
    const others = reachable.map(({ tenantName }) => `“${tenantName}”`).join(', ')
    throw new StepError(
      'TENANT_GONE',
      wanted === ''
        ? 'This login reaches no Xero organisation. Connect one in Xero.'
        : `This login does not reach the organisation that the connection is for, ${name === '' ? wanted : `“${name}” (${wanted})`}${others === '' ? '' : `, but ${others}`}. Connect it again in Xero; for another organisation make a new connection.`,
    )
  }
  const connection = { ...context.connection, tenantId: tenant.tenantId }
  const { records } = await getList({ ...context, connection }, ORGANISATION)
  const organisation = records[0] ?? {}
  const baseCurrency = textOf(organisation.BaseCurrency)
  return {
    // The name may change; it is shown, not relied upon.
    settings: {
      tenantId: tenant.tenantId,
      organisation: textOf(organisation.Name) || tenant.tenantName,
      baseCurrency,
    },
    pinned: { tenantId: tenant.tenantId, baseCurrency },
  }
}

export const ORGANISATION = {
  path: '/Organisation',
  list: 'Organisations',
  doing: 'read the organisation',
  permissions: ['accounting.settings.read'],
} as const

/** What can be tried by reading, in the order in which it is shown; the first three always are. */
const AREAS = [
  { title: 'Contacts', list: 'Contacts', scope: 'accounting.contacts.read' },
  { title: 'Invoices', list: 'Invoices', scope: 'accounting.invoices.read' },
  { title: 'Credit notes', list: 'CreditNotes', scope: 'accounting.invoices.read' },
  { title: 'Payments', list: 'Payments', scope: 'accounting.payments.read' },
  { title: 'Bank transactions', list: 'BankTransactions', scope: 'accounting.banktransactions.read' },
  { title: 'Manual journals', list: 'ManualJournals', scope: 'accounting.manualjournals.read' },
] as const

/** One cheap call per permission that the connection asks for. */
export async function test(context: Context): Promise<readonly Finding[]> {
  const findings = [
    await find('Organisation', async () => {
      const { records } = await getList(context, ORGANISATION)
      return `${textOf(records[0]?.Name)}, ${textOf(records[0]?.BaseCurrency)}${locks(records[0])}`
    }),
  ]
  for (const { title, list, scope } of AREAS) {
    const always = (SCOPES as readonly string[]).includes(scope)
    if (!always && !hasScope(context.connection, scope)) continue
    const doing = `list ${title.toLowerCase()}`
    findings.push(await find(title, () => count(context, `/${list}`, list, doing, [scope], { page: 1, pageSize: 1 })))
  }
  return findings
}

/** Lock dates, as a part of a sentence: what is dated before them is refused. */
function locks(organisation: DataRecord | undefined): string {
  const [period, year] = [organisation?.PeriodLockDate, organisation?.EndOfYearLockDate].map(textOf)
  return [period && `locked until ${period}`, year && `year locked until ${year}`]
    .filter(Boolean)
    .map((text) => `, ${text}`)
    .join('')
}

async function count(
  context: Context,
  path: string,
  list: string,
  doing: string,
  permissions: readonly string[],
  query: { readonly page: number; readonly pageSize: number },
): Promise<string> {
  const { pagination, records } = await getList(context, { path, list, doing, permissions, query })
  return `${pagination?.itemCount ?? records.length} found`
}

async function find(title: string, attempt: () => Promise<string>): Promise<Finding> {
  try {
    return { title, ok: true, detail: await attempt() }
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    return failedFinding(title, error)
  }
}
