import { Type } from 'typebox'
import { baseUrl } from '../../kit/address.ts'
import type { Context, Finding, LoginKind } from '../../kit/connector.ts'
import { StepError } from '../../kit/errors.ts'
import { failedFinding } from '../../kit/failed-finding.ts'
import { fieldsOf, textOf } from '../../kit/fields.ts'
import { get, getV3, SCOPES } from './client.ts'

export const BigCommerceSettings = Type.Object(
  {
    storeHash: Type.String({
      title: 'Store hash',
      description: 'The part of the API path after /stores/, as the API account shows it.',
      pattern: '^[a-z0-9]{3,40}$',
    }),
    apiUrl: Type.Optional(
      Type.String({ title: 'Address of the API', format: 'uri', default: 'https://api.bigcommerce.com' }),
    ),
    storeName: Type.Optional(Type.String({ title: 'Name of the store', default: '' })),
    currency: Type.Optional(Type.String({ title: 'The store’s own currency', default: '' })),
    callsPerMinute: Type.Optional(
      Type.Integer({
        title: 'Calls per minute',
        description:
          'All apps of a store share its quota: 300 a minute on Standard and Plus, 900 on Pro. Half of it is ours by default; a million is no limit.',
        minimum: 1,
        maximum: 1_000_000,
        default: 150,
      }),
    ),
  },
  { additionalProperties: false },
)

/** A store-level API account. Its token has no end, and is shown once. */
export const token: LoginKind = {
  name: 'token',
  title: 'API account (access token)',
  secrets: Type.Object(
    { accessToken: Type.String({ title: 'Access token', minLength: 1 }) },
    { additionalProperties: false },
  ),
  apply: (request, { connection, secrets }) =>
    request.url.startsWith(`${baseUrl(connection, 'apiUrl')}/`)
      ? { ...request, headers: { ...request.headers, 'x-auth-token': textOf(secrets.accessToken) } }
      : request,
}

/**
 * The store hash says whose account it is, and webhooks name it. What the store tells of itself needs the information
 * scope, which nothing else needs: without it there is no name.
 */
export async function discover(context: Context) {
  const storeHash = textOf(context.connection.storeHash)
  try {
    const store = fieldsOf(await get(context, { path: '/v2/store', doing: 'read the store', permissions: [] }))
    return {
      settings: { storeName: textOf(store.name), currency: textOf(store.currency) },
      pinned: { storeHash },
    }
  } catch (error) {
    if (!(error instanceof StepError) || error.code !== 'PERMISSION_MISSING') throw error
    return { settings: {}, pinned: { storeHash } }
  }
}

/** One cheap call for each scope, and one for webhooks. */
export async function test(context: Context): Promise<readonly Finding[]> {
  const one = { page: 1, limit: 1 }
  const tries = [
    ['Orders', '/v2/orders/count', {}, SCOPES.orders],
    ['Customers', '/v3/customers', one, SCOPES.customers],
    ['Refunds', '/v3/orders/payment_actions/refunds', one, SCOPES.transactions],
    ['Products', '/v3/catalog/products', one, SCOPES.products],
  ] as const
  const findings: Finding[] = []
  for (const [title, path, query, scope] of tries) {
    const doing = `read ${title.toLowerCase()}`
    try {
      await get(context, { path, query, doing, permissions: [scope] })
      findings.push({ title, ok: true, detail: 'readable' })
    } catch (error) {
      if (!(error instanceof StepError)) throw error
      findings.push(failedFinding(title, error))
    }
  }
  return [...findings, await hooksOn(context)]
}

/**
 * BigCommerce switches a hook off after two days without success, or 90 without events, and tells nobody here. Only those
 * made with this token are seen, which needs no scope.
 */
async function hooksOn(context: Context): Promise<Finding> {
  const title = 'Webhooks'
  try {
    const call = { path: '/v3/hooks', query: { limit: 250 }, doing: 'list webhooks', permissions: [] }
    const { records } = await getV3(context, call)
    const off = records
      .filter(({ is_active: on }) => on !== true)
      .map(({ id, scope }) => `${textOf(scope)} (${textOf(id)})`)
    if (records.length === 0) return { title, ok: true, detail: 'none: flows of this shop run by schedule' }
    if (off.length === 0) return { title, ok: true, detail: `${records.length} switched on` }
    const how = 'Switch each on again with PUT /v3/hooks/{id} and {"is_active": true}.'
    return { title, ok: false, detail: `switched off by BigCommerce or a person: ${off.join(', ')}. ${how}` }
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    return failedFinding(title, error)
  }
}
