import type { Context, Finding } from '../../connectors/kit/connector.ts'
import type { Option } from '../../connectors/kit/options.ts'
import type { Quotas, Usage } from './budgets.ts'

/** A connection ready for use: its login is renewed when needed, its budget is shared, its hosts are bound. */
export type OpenConnection = {
  readonly id: string
  readonly connector: string
  /** Everything of an operation's context but its settings and signal. */
  readonly connection: Context['connection']
  context(
    signal: AbortSignal,
    onExchange?: (exchange: Exchange) => void,
    only?: Only,
  ): Pick<Context, 'connection' | 'http' | 'wire' | 'files' | 'signal'>
  /** The number of the login token that requests go out with; gets one first where there is none. */
  generation(signal: AbortSignal): Promise<number>
}

/** When requests may go out at all, asked at the last moment before they do. */
export type Only = {
  /** With this login token. */
  readonly generation?: number
  /** Before this moment, by `performance.now()`. */
  until(): number
  /** Worth a longer wait for the budget: what a batch has done so far would be lost if its run were put down. */
  readonly patient?: boolean
}

/** One HTTP exchange, for the trace. No secrets, no bodies. */
export type Exchange = {
  readonly method: string
  readonly url: string
  readonly status: number | undefined
  readonly requestBytes: number
  readonly responseBytes: number
  readonly ms: number
  /** Time spent waiting for the connection's budget before the call, in milliseconds. */
  readonly waitedMs: number
  readonly error?: string
  /** Number of the login token it carried. */
  readonly generation?: number
}

export type Connections = {
  /** `revision`: which state of its row the caller has just seen. One that this process holds already is not read again. */
  open(workspace: string, connection: string, revision?: string): Promise<OpenConnection>
  /**
   * Signs in, learns what the remote tells of itself, tries each permission; keeps the findings with the connection,
   * after them those that `follow` from them.
   */
  test(
    workspace: string,
    connection: string,
    signal: AbortSignal,
    follow?: (found: readonly Finding[]) => readonly Finding[],
  ): Promise<readonly Finding[]>
  /** Where to send the browser for the OAuth code flow of a connection. */
  authorizeUrl(workspace: string, connection: string, redirectUri: string, state: string): Promise<string>
  /**
   * Trades the code of the callback for tokens; refuses another organisation than the pinned one. Where the sign-in
   * reaches several and none is chosen, it is kept, and is to none of them until somebody chooses.
   */
  exchangeCode(
    workspace: string,
    connection: string,
    code: string,
    redirectUri: string,
    signal: AbortSignal,
  ): Promise<void>
  /** What a sign-in reaches, where one is to be chosen. @throws StepError CONFIG_INVALID where none is */
  accounts(
    workspace: string,
    connection: string,
    signal: AbortSignal,
  ): Promise<{ readonly title: string; readonly items: readonly Option[] }>
  /** Ties a sign-in to one of them, for good. */
  choose(workspace: string, connection: string, account: string, signal: AbortSignal): Promise<void>
  /** Gives the sign-in back at the remote. @throws StepError when the remote does not do it */
  revoke(workspace: string, connection: string, signal: AbortSignal): Promise<'revoked' | 'no-sign-in'>
  /** How much of what its remote allows is used, by all who share it; undefined where nothing limits it. */
  usage(connection: UsageOf): Promise<Usage | undefined>
  /** How the limits of other systems are used, by system, of all workspaces. */
  quotas(): Promise<readonly Quotas[]>
  close(): Promise<void>
}

/** A connection as its row has it, secrets opened. */
export type UsageOf = {
  readonly workspace: string
  readonly id: string
  readonly connector: string
  readonly login: string
  readonly settings: { readonly [field: string]: unknown }
  readonly secrets: { readonly [field: string]: string }
}
