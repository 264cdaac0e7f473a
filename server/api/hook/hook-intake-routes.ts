import type { IncomingMessage } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Connector } from '../../../connectors/kit/connector.ts'
import { addStrays } from '../../store/hook/hook-events.ts'
import { knownAccounts, type OpenHook, sharedHooks } from '../../store/hook/hooks.ts'
import { HookBook } from './hook-book.ts'
import { newEvent, readDelivery } from './hook-event.ts'
import { answerBy, HookIntake, notTaken, within } from './hook-intake.ts'
import { isSigned, isToken } from './hook-proof.ts'
import { HookRate, networkOf } from './hook-rate.ts'
import type { Api, AppParts } from '../http/parts.ts'
import { ApiProblem } from '../http/problems.ts'
import { readBody } from '../http/read-body.ts'
import { isShared, keyOf } from './shared-hooks.ts'

/** In bytes. */
const MAX_DELIVERY = 1_000_000
/** Where the installation does not say. */
const HOOKS_PER_SECOND = 1_000
const DEFAULT_TOKEN_HEADER = 'x-tieline-token'

declare module 'fastify' {
  interface FastifyRequest {
    hook: OpenHook | undefined
  }
}

/** Where other systems tell that something happened. Nothing is acknowledged that is not committed. See docs/hooks.md. */
export function hookIntakeRoutes(api: Api, parts: AppParts): void {
  const book = new HookBook(parts.system, parts.keys)
  const rate = new HookRate(parts.config.hooksPerSecond ?? HOOKS_PER_SECOND)
  const intake = new HookIntake({
    system: parts.system,
    warn: (error, message) => api.log.warn({ err: error }, message),
    diskTight: parts.diskTight,
  })
  api.addHook('onClose', () => intake.close())
  api.decorateRequest('hook', undefined)

  api.register(async (scope) => {
    // The signature is over the bytes as they were sent.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('application/json', (request: FastifyRequest, payload: IncomingMessage) =>
      readBody(request, payload, MAX_DELIVERY),
    )

    scope.post<{ Params: { address: string } }>(
      '/hooks/:address',
      {
        schema: { hide: true },
        config: { permission: 'public' },
        onRequest: async (request) => {
          const { address } = request.params
          // The address as it is written, not as it could be read: one way only leads to a hook.
          const asWritten = request.raw.url?.split('?', 1)[0] === `/hooks/${address}`
          const hook = asWritten ? await notReadyUnless(book.find(address), answerBy()) : undefined
          if (!hook) throw noHook()
          refuseFlood(rate, `${hook.id} ${networkOf(request.ip)}`)
          request.hook = hook
        },
      },
      async (request, reply) => {
        const body = bodyOf(request)
        const until = answerBy() // from here on: what a slow line takes is not ours
        const hook = await proven(request, body, until)
        refuseFlood(rate, hook.id)
        const delivery = { settings: hook.settings, headers: request.headers, body, at: new Date().toISOString() }
        const events = readDelivery(delivery).map((event) => newEvent(parts.keys, hook.workspace, hook.id, event))
        const stored = await intake.put(events, until)
        const repeated = stored.every((one) => one.repeated)
        return reply.code(202).send({ event: stored[0]?.id, repeated })
      },
    )

    for (const connector of parts.connectors) sharedHookRoute(scope, parts, connector, intake, rate)
  })

  /** The hook, once its sender has proven itself; what is in memory may know an older secret. */
  async function proven(
    request: FastifyRequest<{ Params: { address: string } }>,
    body: Buffer,
    until: number,
  ): Promise<OpenHook> {
    const { hook } = request
    if (!hook) throw noHook()
    if (isProven(hook, request, body)) return hook
    const now = await notReadyUnless(book.findNow(request.params.address), until)
    if (now && isProven(now, request, body)) return now
    intake.count({ workspace: hook.workspace, hook: hook.id }, 'refused')
    throw new ApiProblem('SENDER_UNPROVEN')
  }
}

/** Nothing in the answer tells one miss from another. */
export function noHook(): ApiProblem {
  return new ApiProblem('NOT_FOUND', 'There is nothing here.')
}

/** `POST /hooks/xero`: one address for all workspaces; events go to the connections of the account they name. */
function sharedHookRoute(api: Api, parts: AppParts, connector: Connector, intake: HookIntake, rate: HookRate): void {
  const { hook, name } = connector
  if (!hook || !isShared(name)) return
  const key = keyOf(parts.config, name)
  api.post(
    `/hooks/${name}`,
    {
      schema: { hide: true },
      config: { permission: 'public' },
      onRequest: async (request) => {
        if (key === undefined || request.raw.url?.split('?', 1)[0] !== `/hooks/${name}`) throw noHook()
        refuseFlood(rate, `${name} ${networkOf(request.ip)}`)
      },
    },
    async (request, reply) => {
      const body = bodyOf(request)
      const until = answerBy()
      if (key === undefined || !hook.verify(key, body, request.headers)) return empty(reply, 401)
      refuseFlood(rate, name)
      const told = hook.read(body)
      if (!told) return empty(reply, 400)
      const accounts = [...new Set(told.map(({ account }) => account))]
      if (accounts.length === 0) return empty(reply, 200)
      const targets = await notReadyUnless(sharedHooks(parts.system, name, hook.account, accounts), until)
      const events = targets.flatMap((target) => {
        const operation = connector.operations.find((one) => `${name}.${one.name}` === target.operation)
        return told.flatMap((event) => {
          const wanted = operation?.kind === 'trigger' && event.account === target.account
          if (!wanted || !operation.wants(target.settings as never, event.record)) return [] // settings were validated
          const text = JSON.stringify({ body: event.record })
          return [newEvent(parts.keys, target.workspace, target.id, { key: event.key, text })]
        })
      })
      await intake.put(events, until)
      // A count is worth no retry: what there is to keep is kept.
      await within(countStrays(parts, name, hook.account, told, accounts), until).catch(() => undefined)
      return empty(reply, 200)
    },
  )
}

async function countStrays(
  parts: AppParts,
  connector: string,
  pinned: string,
  told: readonly { readonly account: string }[],
  accounts: readonly string[],
): Promise<void> {
  const known = await knownAccounts(parts.system, connector, pinned, accounts)
  const strays = told.filter(({ account }) => !known.has(account)).length
  if (strays > 0) await addStrays(parts.system, connector, strays)
}

function isProven(hook: OpenHook, request: FastifyRequest, body: Buffer): boolean {
  if (hook.kind === 'token') {
    return isToken(hook.secrets, once(request, String(hook.settings.header ?? DEFAULT_TOKEN_HEADER)))
  }
  const headers = {
    id: once(request, 'webhook-id'),
    timestamp: once(request, 'webhook-timestamp'),
    signature: once(request, 'webhook-signature'),
  }
  return isSigned(hook.secrets, headers, body, Date.now() / 1_000)
}

/** A header that stands there exactly once. */
function once(request: FastifyRequest, name: string): string | undefined {
  const values = valuesOf(request, name.toLowerCase())
  return values.length === 1 ? values[0] : undefined
}

/** All values of a header, as they came; `name` in lower case. */
function valuesOf(request: FastifyRequest, name: string): readonly string[] {
  const { rawHeaders } = request.raw // names and values, in turn
  return rawHeaders.filter((_value, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name)
}

function bodyOf(request: FastifyRequest): Buffer {
  if (!Buffer.isBuffer(request.body) || valuesOf(request, 'content-type').length !== 1) throw new ApiProblem('NOT_JSON')
  return request.body
}

/** Before the body is read by hook and address, where anybody may send; once the sender is proven by the hook alone. */
function refuseFlood(rate: HookRate, hook: string): void {
  const seconds = rate.waitFor(hook, performance.now())
  if (seconds > 0) {
    throw new ApiProblem('RATE_LIMITED', 'Too many events at once.', { retryAfterSeconds: seconds })
  }
}

function empty(reply: FastifyReply, status: number): FastifyReply {
  return reply.code(status).removeHeader('content-type').send()
}

/** Whatever keeps the database from answering, the sender is to come again. */
async function notReadyUnless<T>(work: Promise<T>, until: number): Promise<T> {
  try {
    return await within(work, until)
  } catch (cause) {
    throw notTaken(cause)
  }
}
