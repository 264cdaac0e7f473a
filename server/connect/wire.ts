import { StepError } from '../../connectors/kit/errors.ts'
import type { Wire } from '../../connectors/kit/wire.ts'
import type { Only } from './connections.ts'
import { dialTcp, type EgressOptions } from './egress.ts'

export type WireOptions = EgressOptions & {
  /** `host:port` pairs this connection may speak to. */
  readonly hosts: readonly string[]
  readonly admit?: (hostPort: string) => void
  readonly secrets: Wire['secrets']
  readonly signal: AbortSignal
  /** When what changes another system may still leave. */
  readonly only?: Only | undefined
}

/** The way out of one connection for protocols other than HTTP. */
export function createWire(options: WireOptions): Wire {
  return {
    secrets: options.secrets,
    async dial(host, port) {
      options.signal.throwIfAborted()
      const pair = `${host.toLowerCase()}:${port}`
      if (!options.hosts.includes(pair)) {
        throw new StepError(
          'EGRESS_BLOCKED',
          `This call is not allowed out: ${pair} is not one of the connection's hosts.`,
        )
      }
      options.admit?.(pair)
      const socket = await dialTcp(host, port, options)
      if (options.only && performance.now() > options.only.until()) {
        socket.destroy()
        throw new StepError(
          'CONNECTION_LOST',
          'The call was not made. Too much time has passed: another worker may be at it.',
        )
      }
      const stop = () => socket.destroy()
      options.signal.addEventListener('abort', stop, { once: true })
      socket.once('close', () => options.signal.removeEventListener('abort', stop))
      return socket
    },
  }
}
