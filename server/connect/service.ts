import type { Kysely } from 'kysely'
import type { Agent } from 'undici'
import type { Caller, Connector, Context, Finding, Limit, LoginKind } from '../../connectors/kit/connector.ts'
import { StepError } from '../../connectors/kit/errors.ts'
import { failedFinding } from '../../connectors/kit/failed-finding.ts'
import type { HttpRequest } from '../../connectors/kit/http.ts'
import { isToChoose } from '../../connectors/kit/is-to-choose.ts'
import {
  type ConnectionState,
  keepChosen,
  keepDiscovered,
  keepFindings,
  storeTokens,
} from '../store/connection/connection-state.ts'
import { noteConnectionUse } from '../store/connection/connection-use.ts'
import type { Database } from '../store/database/schema.ts'
import type { Keyring } from '../store/key/secrets.ts'
import type { Spans } from './book.ts'
import type { Budget } from './budget.ts'
import { createBudgets } from './budgets.ts'
import type { Connections, Only, OpenConnection } from './connections.ts'
import { createEgressAgent } from './egress.ts'
import { createFiles } from './files.ts'
import { createFanOut } from './fan-out.ts'
import { createDenials } from './denials.ts'
import { createHttp, type HttpOptions } from './http.ts'
import { loadState } from './load-state.ts'
import { createOpened } from './opened.ts'
import { createSession } from './session.ts'
import { sunsetFinding } from './sunset.ts'
import { createUses } from './uses.ts'
import { createWire } from './wire.ts'

export type ConnectionsParts = {
  readonly db: Kysely<Database>
  readonly keys: Keyring
  readonly connectors: readonly Connector[]
  /** `host:port` pairs that may be private and plain http. */
  readonly egressAllow: readonly string[]
  /** For tests against sandboxes whose minutes are short: how long the remotes' minute and day are. */
  readonly spans?: Partial<Spans>
  /** Also for tests: the wait for a call after which a run is put down, in milliseconds. */
  readonly longestWaitMs?: number
}

/** The connections of all workspaces, as operations and the API use them. */
export function createConnections(parts: ConnectionsParts): Connections {
  const allow = new Set(parts.egressAllow)
  // One agent per connection: sockets are never shared between tenants.
  const agents = new Map<string, Agent>()
  const fanOut = createFanOut()
  const opened = createOpened()
  const denials = createDenials(parts.db)
  const budgets = createBudgets({
    db: parts.db,
    keys: parts.keys,
    ...(parts.spans ? { spans: parts.spans } : {}),
    ...(parts.longestWaitMs === undefined ? {} : { longestWaitMs: parts.longestWaitMs }),
  })

  function agentOf(workspace: string, id: string): Agent {
    const key = `${workspace}/${id}`
    const agent = agents.get(key) ?? createEgressAgent({ allow })
    agents.set(key, agent)
    return agent
  }

  const budgetOf =
    (connector: Connector, settings: ConnectionState['settings'], credential: string) => (request: HttpRequest) =>
      budgets.of(limitsOf(connector, settings, { credential, request }), connector.name)

  const noteUse = createUses((workspace, id) => noteConnectionUse(parts.db, workspace, id))

  /** @param off of one that was turned off too */
  async function load(workspace: string, id: string, off = false) {
    const state = await loadState(parts.db, parts.keys, workspace, id)
    if (!state) throw new StepError('CONFIG_INVALID', 'This connection does not exist any more. Bind another one.')
    if (state.offSince !== null && !off) throw isOff(state.offSince)
    const connector = parts.connectors.find((one) => one.name === state.connector)
    const kind = connector?.logins.find((one) => one.name === state.login)
    if (!connector || !kind) {
      throw new StepError(
        'CONFIG_INVALID',
        `This version does not know the sign-in “${state.login}” of “${state.connector}”.`,
      )
    }
    if (!hasAddresses(connector, state.settings)) {
      throw new StepError('CONFIG_INVALID', 'An address of this connection cannot be read. Enter its settings anew.')
    }
    return { state, connector, kind }
  }

  async function prepare(workspace: string, id: string, off = false) {
    const { state, connector, kind } = await load(workspace, id, off)
    const agent = agentOf(workspace, id)
    const credential = credentialOf(kind, state.secrets, `${workspace}/${id}`)
    const admit = (hostPort: string) => {
      try {
        fanOut.admit(workspace, hostPort)
      } catch (error) {
        denials.note('egress.too_many_hosts', workspace, id, hostPort)
        throw error
      }
    }
    const onDenied = (host: string) => denials.note('credential.host_denied', workspace, id, host)
    const bare = (signal: AbortSignal) =>
      createHttp({ agent, hosts: connector.hosts(state.settings), allow, admit, onDenied, budget: FREE, signal })
    const files = createFiles({ db: parts.db, keys: parts.keys, workspace, connection: id })
    const wireOf = (signal: AbortSignal, onExchange?: HttpOptions['onExchange'], only?: Only) =>
      createWire({
        hosts: connector.hosts(state.settings),
        allow,
        admit,
        onDenied,
        secrets: state.secrets,
        budget: budgets.of(limitsOf(connector, state.settings, { credential }), connector.name),
        signal,
        only,
        onExchange: onExchange && ((exchange) => onExchange({ ...exchange, headers: {} })),
      })
    const session = createSession({ db: parts.db, keys: parts.keys, workspace, id, kind, bare }, state)
    const context = (signal: AbortSignal, onExchange?: HttpOptions['onExchange'], only?: Only): Context => ({
      settings: {},
      connection: session.state().settings,
      http: createHttp({
        agent,
        hosts: connector.hosts(session.state().settings),
        allow,
        admit,
        onDenied,
        budget: budgetOf(connector, session.state().settings, credential),
        login: session,
        signal,
        ...(onExchange ? { onExchange } : {}),
        ...(only ? { only } : {}),
      }),
      wire: wireOf(signal, onExchange, only),
      files,
      signal,
    })
    const { generation } = session
    return { state, connector, kind, context, bare, agent, credential, files, wireOf, onDenied, generation }
  }

  /** Asks the remote who it is, and refuses anybody else than the pinned one. */
  async function discover(
    workspace: string,
    id: string,
    connector: Connector,
    state: ConnectionState,
    context: Context,
  ) {
    if (!connector.discover) return
    const found = await connector.discover(context)
    const another = (...names: readonly string[]) =>
      new StepError(
        'TENANT_GONE',
        `This sign-in leads to another account than before (${names.map((name) => titleOf(connector, name)).join(', ')}). Nothing was changed. Make a new connection for it.`,
      )
    for (const [name, value] of Object.entries(found.pinned)) {
      const pinned = state.pinned[name]
      if (pinned !== undefined && pinned !== value) throw another(name)
    }
    if (!(await keepDiscovered(parts.db, workspace, id, found.settings, found.pinned)))
      throw another(...Object.keys(found.pinned))
  }

  return {
    open: async (workspace, id, revision) => {
      await noteUse(workspace, id)
      const held = revision === undefined ? undefined : opened.get(workspace, id, revision)
      if (held) return held
      const { connector, context, state, generation } = await prepare(workspace, id)
      // Signed in by code or kept from an export: learn whose account it is before the first call.
      if (connector.discover && Object.keys(state.pinned).length === 0) {
        const limit = AbortSignal.timeout(DISCOVER_MS)
        await discover(workspace, id, connector, state, context(limit)).catch((error: unknown) => {
          throw limit.aborted ? tooLong() : error
        })
        return asOpen(id, connector, await prepare(workspace, id))
      }
      const open = asOpen(id, connector, { context, state, generation })
      if (revision !== undefined) opened.keep(workspace, id, revision, open)
      return open
    },

    test: async (workspace, id, signal, follow = () => []) => {
      const keep = async (found: readonly Finding[]) => {
        const refused = found.find((one) => one.refused)?.detail
        const findings = [...found, ...follow(found)].map(({ refused: _, ...finding }) => finding)
        await keepFindings(parts.db, workspace, id, findings, refused)
        return findings
      }
      // One that is not there, or may not be used, has nothing of which a finding could be kept.
      const first = await prepare(workspace, id)
      try {
        await discover(workspace, id, first.connector, first.state, first.context(signal))
        const { connector, context } = await prepare(workspace, id)
        const sunset = sunsetFinding(first.kind, Date.now())
        return await keep([...(sunset ? [sunset] : []), ...(await connector.test(context(signal)))])
      } catch (error) {
        const late = signal.aborted && error === signal.reason
        const failure = late ? noAnswer(error) : error
        // Whatever stood there before may be long past: what came of this test takes its place.
        if (!(failure instanceof StepError) || failure.code === 'CONNECTION_OFF') throw failure
        return keep([failedFinding(late ? 'Answer' : 'Sign-in', failure)])
      }
    },

    authorizeUrl: async (workspace, id, redirectUri, state) => {
      const { kind, state: connection } = await load(workspace, id)
      return authorizeOf(kind).url({
        connection: connection.settings,
        secrets: connection.secrets,
        redirectUri,
        state,
        scopes: [],
      })
    },

    exchangeCode: async (workspace, id, code, redirectUri, signal) => {
      const { kind, state, bare, connector, agent, credential, files, wireOf, onDenied } = await prepare(workspace, id)
      const tokens = await authorizeOf(kind).exchange({
        http: bare(signal),
        connection: state.settings,
        secrets: state.secrets,
        tokens: undefined,
        signal,
        now: Date.now(),
        code,
        redirectUri,
      })
      // Who is it? Asked with the new tokens before they replace the old ones.
      const trial = createHttp({
        agent,
        hosts: connector.hosts(state.settings),
        allow,
        onDenied,
        budget: budgetOf(connector, state.settings, credential),
        login: {
          sign: async (request) => ({
            request: kind.apply(request, {
              connection: state.settings,
              secrets: state.secrets,
              tokens,
              now: Date.now(),
            }),
            generation: 0,
          }),
          secrets: () => [tokens.access, tokens.refresh ?? '', ...Object.values(state.secrets)],
        },
        signal,
      })
      const asked = { settings: {}, connection: state.settings, http: trial, wire: wireOf(signal), files, signal }
      const several = isToChoose(connector, state) && ((await connector.accounts?.list(asked)) ?? []).length > 1
      if (!several) await discover(workspace, id, connector, state, asked)
      const toDo = several
        ? `The sign-in reaches several accounts. Choose the one that the connection is for.`
        : undefined
      if (!(await storeTokens(parts.db, parts.keys, workspace, id, state.generation, tokens, toDo))) {
        throw new StepError(
          'LOGIN_REFUSED',
          'Somebody else signed this connection in at the same moment. Look at it, then try again if needed.',
        )
      }
    },

    accounts: async (workspace, id, signal) => {
      const { connector, state, context } = await prepare(workspace, id)
      if (!connector.accounts || !isToChoose(connector, state)) throw nothingToChoose()
      return { title: connector.accounts.title, items: await connector.accounts.list(context(signal)) }
    },

    choose: async (workspace, id, account, signal) => {
      const { connector, state, context } = await prepare(workspace, id)
      if (!connector.accounts || !isToChoose(connector, state)) throw nothingToChoose()
      const asked = context(signal)
      const reached = await connector.accounts.list(asked)
      if (!reached.some(({ value }) => value === account))
        throw new StepError('CONFIG_INVALID', 'The sign-in does not reach this account. Choose one of the list.')
      const connection = { ...state.settings, [connector.accounts.setting]: account }
      await discover(workspace, id, connector, state, { ...asked, connection })
      await keepChosen(parts.db, workspace, id)
    },

    revoke: async (workspace, id, signal) => {
      const { kind, state, context, bare } = await prepare(workspace, id, true)
      if (!kind.revoke || !state.tokens) return 'no-sign-in'
      const refreshToken = async () => (await load(workspace, id, true)).state.tokens?.refresh
      const login = { context: context(signal), bare: bare(signal), secrets: state.secrets, refreshToken }
      return (await kind.revoke(login)) ? 'revoked' : 'no-sign-in'
    },

    usage: async ({ workspace, id, connector: name, login, settings, secrets }) => {
      const connector = parts.connectors.find((one) => one.name === name)
      const kind = connector?.logins.find((one) => one.name === login)
      if (!connector || !kind || !hasAddresses(connector, settings)) return undefined
      return budgets.usage(
        limitsOf(connector, settings, { credential: credentialOf(kind, secrets, `${workspace}/${id}`) }),
      )
    },

    quotas: () => budgets.quotas(),

    close: async () => {
      await Promise.all([...agents.values()].map((agent) => agent.destroy()))
      agents.clear()
      opened.clear()
      await denials.settled()
      await budgets.close()
    },
  }
}

const isOff = (since: Date) =>
  new StepError(
    'CONNECTION_OFF',
    `This connection was turned off on ${since.toISOString().slice(0, 10)}: nothing had used it for long. Turn it on on its page.`,
  )

function asOpen(
  id: string,
  connector: Connector,
  prepared: {
    readonly state: ConnectionState
    context(signal: AbortSignal, onExchange?: HttpOptions['onExchange'], only?: Only): Context
    generation(signal: AbortSignal): Promise<number>
  },
): OpenConnection {
  return {
    id,
    connector: connector.name,
    connection: prepared.state.settings,
    context: prepared.context,
    generation: prepared.generation,
  }
}

/** Two systems never share a limit. */
/** Settings are checked when they are saved; what came into the database in another way need not name a host. */
function hasAddresses(connector: Connector, settings: ConnectionState['settings']): boolean {
  try {
    connector.hosts(settings)
    return true
  } catch {
    return false
  }
}

const limitsOf = (connector: Connector, settings: ConnectionState['settings'], caller: Caller): readonly Limit[] =>
  connector.limits(settings, caller).map((limit) => ({ ...limit, key: `${connector.name}/${limit.key}` }))

/** Names a login among all of its kind; where nothing does, the connection stands for itself. */
function credentialOf(kind: LoginKind, secrets: ConnectionState['secrets'], connection: string): string {
  const named = kind.credential === undefined ? undefined : secrets[kind.credential]
  return named || `connection ${connection}`
}

const nothingToChoose = () =>
  new StepError('CONFIG_INVALID', 'There is nothing to choose: the connection is to one account, or to none yet.')

/** A setting by the name that people know it by. */
function titleOf({ settings }: Connector, name: string): string {
  const { properties = {} } = settings as { readonly properties?: { readonly [name: string]: { title?: string } } }
  return properties[name]?.title ?? name
}

function authorizeOf(kind: LoginKind): NonNullable<LoginKind['authorize']> {
  if (!kind.authorize) throw new StepError('CONFIG_INVALID', `“${kind.title}” needs no sign-in in the browser.`)
  return kind.authorize
}

/** To sign in and learn whose account it is. */
const DISCOVER_MS = 60_000
const noAnswer = (cause: unknown) => new StepError('TIMED_OUT', 'There was no answer in time.', { cause })
const tooLong = () =>
  new StepError('TIMED_OUT', `Signing in and asking whose account it is took longer than ${DISCOVER_MS / 1000} s.`)

/** Token calls are not counted by the remotes' API limits. */
const FREE: Budget = { take: async () => () => undefined, observe: () => undefined }
