import type { Connector, Context, LoginKind, Tokens } from '../../../connectors/kit/connector.ts'
import type { Http } from '../../../connectors/kit/http.ts'
import { type Budget, createBudget } from '../../../server/connect/budget.ts'
import { createEgressAgent } from '../../../server/connect/egress.ts'
import type { Files } from '../../../connectors/kit/files.ts'
import { createWire } from '../../../server/connect/wire.ts'
import { createHttp, type HttpExchange, type Login } from '../../../server/connect/http.ts'

/** A connection as the server would open it, with its tokens kept in memory. */
export type Opened = {
  readonly exchanges: HttpExchange[]
  readonly secrets: { readonly [field: string]: string }
  readonly tokens: () => Tokens | undefined
  /** How often a token was asked for. */
  readonly logins: () => number
  readonly context: <S>(settings: S, signal?: AbortSignal) => Context<S>
  close(): Promise<void>
}

export type OpenOptions = {
  readonly connector: Connector
  readonly login: LoginKind
  readonly connection: { readonly [field: string]: unknown }
  readonly secrets: { readonly [field: string]: string }
  readonly tokens?: Tokens
  readonly budget?: Budget
  /** Where its operations keep files; most do not. */
  readonly files?: Files
  readonly limits?: { readonly headersMs?: number; readonly idleMs?: number; readonly totalMs?: number }
}

export function openConnection(options: OpenOptions): Opened {
  const { connector, connection, secrets } = options
  const hosts = connector.hosts(connection)
  const allow = new Set(hosts)
  const agent = createEgressAgent({ allow })
  const budget = options.budget ?? createBudget({ concurrent: 10, perMinute: 100_000 })
  const exchanges: HttpExchange[] = []
  let tokens = options.tokens
  let generation = 0

  const plain = (signal: AbortSignal): Http =>
    createHttp({ agent, hosts, allow, budget, signal, ...(options.limits ? { limits: options.limits } : {}) })
  const get = async (signal: AbortSignal) => {
    if (!options.login.login) return
    const context = { http: plain(signal), connection, secrets, tokens, signal, now: Date.now() }
    tokens = await options.login.login(context)
    generation += 1
  }
  const login: Login = {
    async sign(request, signal) {
      if (!tokens) await get(signal)
      const applied = options.login.apply(request, { connection, secrets, tokens, now: Date.now() })
      return { request: applied, generation }
    },
    ...(options.login.login
      ? {
          renew: async (used: number, signal: AbortSignal) => {
            if (used !== generation) return 'found' as const
            await get(signal)
            return 'made' as const
          },
        }
      : {}),
    ...(options.login.curable ? { curable: options.login.curable } : {}),
    secrets: () => [...Object.values(secrets), ...(tokens ? [tokens.access] : [])],
  }
  return {
    exchanges,
    secrets,
    tokens: () => tokens,
    logins: () => generation,
    context: (settings, signal = new AbortController().signal) => ({
      settings,
      connection,
      signal,
      files: options.files ?? NO_FILES,
      wire: createWire({
        ...{ hosts, allow, secrets, signal, budget },
        onExchange: (exchange) => exchanges.push({ ...exchange, headers: {} }),
      }),
      http: createHttp({
        agent,
        hosts,
        allow,
        budget,
        login,
        signal,
        onExchange: (exchange) => exchanges.push(exchange),
        ...(options.limits ? { limits: options.limits } : {}),
      }),
    }),
    close: () => agent.close(),
  }
}

const none = (): never => {
  throw new Error('this connection was opened without a place for files')
}
const NO_FILES: Files = { list: none, knows: none, read: none, keep: none }
