import type { Socket } from 'node:net'
import { StepError } from '../../connectors/kit/errors.ts'
import type { Heard, Wire, WireCall } from '../../connectors/kit/wire.ts'
import type { Budget } from './budget.ts'
import type { Exchange, Only } from './connections.ts'
import { dialTcp, type EgressOptions } from './egress.ts'

/** Of one call, all told: a slow drip passes every other limit. */
const TOTAL_MS = 120_000
/** Of a call that carries files. */
const FILE_MS = 15 * 60_000

export type WireOptions = EgressOptions & {
  /** `host:port` pairs this connection may speak to. */
  readonly hosts: readonly string[]
  readonly admit?: (hostPort: string) => void
  readonly secrets: Wire['secrets']
  readonly signal: AbortSignal
  readonly budget: Budget
  /** When what changes another system may still leave. */
  readonly only?: Only | undefined
  /** Called once per call that went out, also when it failed, before `call` settles. */
  readonly onExchange?: ((exchange: Exchange) => void) | undefined
  /** Somebody tried to send this connection's login elsewhere. */
  readonly onDenied?: ((hostPort: string) => void) | undefined
  readonly totalMs?: number
}

/** The way out of one connection for protocols other than HTTP. */
export function createWire(options: WireOptions): Wire {
  const { signal, only } = options

  async function dial(host: string, port: number, plain: boolean): Promise<Socket> {
    signal.throwIfAborted()
    const pair = `${host.toLowerCase()}:${port}`
    if (!options.hosts.includes(pair)) {
      options.onDenied?.(pair)
      throw blocked(`${pair} is not one of the connection's hosts`)
    }
    if (plain && !options.allow.has(pair)) throw blocked(`${pair} would be reached without encryption`)
    options.admit?.(pair)
    const socket = await dialTcp(host, port, options)
    if (only && performance.now() > only.until()) {
      socket.destroy()
      throw new StepError(
        'CONNECTION_LOST',
        'The call was not made. Too much time has passed: another worker may be at it.',
      )
    }
    const stop = () => socket.destroy()
    signal.addEventListener('abort', stop, { once: true })
    socket.once('close', () => signal.removeEventListener('abort', stop))
    return socket
  }

  async function call<T>(
    { protocol, host, port, plain, file }: WireCall,
    speak: (socket: Socket, heard: Heard) => Promise<T>,
  ): Promise<T> {
    const requested = performance.now()
    const release = await options.budget.take(signal, only?.patient)
    const started = performance.now()
    const heard: Heard = {}
    let socket: Socket | undefined
    let late = false
    const told = (error?: string) =>
      options.onExchange?.({
        method: protocol,
        url: `${protocol.toLowerCase()}://${host}:${port}`,
        status: heard.status,
        requestBytes: socket?.bytesWritten ?? 0,
        responseBytes: socket?.bytesRead ?? 0,
        ms: Math.round(performance.now() - started),
        waitedMs: Math.round(started - requested),
        ...(error === undefined ? {} : { error }),
      })
    const timer = setTimeout(
      () => {
        late = true
        socket?.destroy()
      },
      options.totalMs ?? (file ? FILE_MS : TOTAL_MS),
    )
    try {
      socket = await dial(host, port, plain === true)
      const answer = await speak(socket, heard)
      told()
      return answer
    } catch (thrown) {
      const dialled = thrown instanceof StepError ? thrown.dialled : 'maybe'
      const error = signal.aborted
        ? signal.reason
        : late
          ? new StepError('TIMED_OUT', `${host} did not answer in time.`, { cause: thrown, dialled })
          : thrown
      told(error instanceof StepError ? error.code : 'ABORTED')
      throw error
    } finally {
      clearTimeout(timer)
      socket?.destroy()
      release(socket !== undefined)
    }
  }

  return { secrets: options.secrets, call }
}

const blocked = (why: string) => new StepError('EGRESS_BLOCKED', `This call is not allowed out: ${why}.`)
