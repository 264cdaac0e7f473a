import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifySchema, RouteOptions } from 'fastify'
import { ProblemDetails } from '../../contract/shared.ts'
import { flowSchema } from '../../flow/document/flow-schema.ts'
import type { Api } from './parts.ts'
import type { Access } from './permissions.ts'
import { PROBLEMS, type ProblemName } from './problems.ts'

/** The API describes itself at /docs; as a document at /docs/json. Register it before the routes. */
export async function describeApi(api: Api, version: string): Promise<void> {
  api.addSchema({ ...ProblemDetails, $id: 'ProblemDetails' })
  await api.register(swagger, {
    // Shared schemas are called by their names, not by numbers.
    refResolver: {
      buildLocalReference: (schema, _base, _fragment, index) =>
        typeof schema.$id === 'string' ? schema.$id : `def-${index}`,
    },
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Tieline',
        version,
        description:
          'Flows between Xero and Emarsys, their runs, and what was sent. Errors are `application/problem+json`.',
      },
      components: {
        securitySchemes: {
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: 'tieline',
            description: 'The web app’s session; `__Host-tieline` on https.',
          },
          token: { type: 'http', scheme: 'bearer', description: 'An API token of one workspace: `tl_…`.' },
        },
      },
    },
    transform: ({ schema, url, route }) => ({ schema: completed(schema ?? {}, route), url }),
  })
}

/** After the routes. In a scope of its own, whose routes anybody may read: they hold no data. */
export async function showApi(api: Api): Promise<void> {
  await api.register(async (scope) => {
    scope.addHook('onRoute', (route) => {
      route.config = { ...route.config, permission: 'public' }
    })
    // Put into words once: each is a megabyte, and anybody may ask for it as often as they like.
    const known = new Map<string | undefined, { readonly type: string; readonly body: Buffer }>()
    scope.addHook('preHandler', async ({ routeOptions: { url } }, reply) => {
      const document = known.get(url)
      if (document) return reply.type(document.type).send(document.body)
    })
    scope.addHook('onSend', async ({ routeOptions: { url } }, reply, payload) => {
      if (reply.statusCode !== 200 || !url || !DOCUMENTS.has(url) || typeof payload !== 'string') return payload
      const body = Buffer.from(payload)
      known.set(url, { type: String(reply.getHeader('content-type')), body })
      return body
    })
    await scope.register(swaggerUi, { routePrefix: '/docs', staticCSP: false, uiConfig: { docExpansion: 'list' } })
  })
}

const DOCUMENTS: ReadonlySet<string> = new Set(['/docs/json', '/docs/yaml'])

function completed(schema: FastifySchema, route: RouteOptions): FastifySchema {
  const { permission, flowDocument, stepUp, codes = [] } = route.config ?? {}
  if (permission === undefined || permission === 'public') return withErrors({ ...schema, security: [] }, codes)
  const all = [...codes, ...(stepUp ? (['STEP_UP_REQUIRED'] as const) : []), ...impliedCodes(permission, schema)]
  const described: FastifySchema = {
    ...schema,
    description: [
      permission === 'signed-in' ? 'For everybody who is signed in.' : `Permission: \`${permission}\`.`,
      ...(stepUp ? ['Asks for a fresh proof of who you are.'] : []),
    ].join(' '),
    security: [{ session: [] }, { token: [] }],
    ...(flowDocument ? { body: flowSchema } : {}),
  }
  return withErrors(
    described,
    flowDocument ? [...all, 'BODY_MALFORMED', 'BODY_TOO_LARGE', 'NOT_JSON', 'BODY_PACKED', 'FLOW_UNREADABLE'] : all,
  )
}

function impliedCodes(permission: Access, schema: FastifySchema): ProblemName[] {
  return [
    'SIGN_IN_REQUIRED',
    'ORIGIN_REFUSED',
    ...(permission === 'signed-in'
      ? []
      : (['NOT_ALLOWED', 'NOT_FOUND', 'SSO_REQUIRED', 'SECOND_FACTOR_NEEDED'] as const)),
    ...(schema.body ? (['BODY_MALFORMED', 'BODY_TOO_LARGE', 'NOT_JSON', 'BODY_PACKED'] as const) : []),
    ...(schema.body || schema.params || schema.querystring ? (['REQUEST_INVALID'] as const) : []),
  ]
}

function withErrors(schema: FastifySchema, codes: readonly ProblemName[]): FastifySchema {
  const byStatus = Map.groupBy(
    new Set<ProblemName>([...codes, 'TOO_SLOW', 'NOT_READY', 'UNEXPECTED']),
    (code) => PROBLEMS[code].status,
  )
  const errors = [...byStatus].map(([status, names]) => [
    status,
    {
      description: names.map((name) => `\`${name}\` ${PROBLEMS[name].meaning}`).join(' – '),
      content: { 'application/problem+json': { schema: { $ref: 'ProblemDetails#' } } },
    },
  ])
  const given = typeof schema.response === 'object' && schema.response !== null ? schema.response : {}
  return { ...schema, response: { ...given, ...Object.fromEntries(errors) } }
}
