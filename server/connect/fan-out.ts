import { StepError } from '../../connectors/kit/errors.ts'

/** Different addresses that one workspace may call in a minute, from one process. A busy client has a dozen. */
const MOST_HOSTS = 60
const MINUTE_MS = 60_000

/** Keeps workspaces from using the product to knock at other people's doors, one after the other. */
export type FanOut = {
  /** @throws StepError RATE_LIMITED for one address too many; nothing was sent. */
  admit(workspace: string, hostPort: string): void
}

export function createFanOut(now: () => number = () => performance.now(), most = MOST_HOSTS): FanOut {
  // When each address was called last, the oldest first: a Map keeps the order in which keys were put in.
  const called = new Map<string, Map<string, number>>()
  return {
    admit(workspace, hostPort) {
      const at = now()
      const hosts = called.get(workspace) ?? new Map<string, number>()
      called.set(workspace, hosts)
      for (const [host, last] of hosts) {
        if (last > at - MINUTE_MS) break
        hosts.delete(host)
      }
      if (!hosts.has(hostPort) && hosts.size >= most) {
        const [oldest = at] = hosts.values()
        throw new StepError(
          'RATE_LIMITED',
          `This workspace has called ${most} different addresses within a minute, and may call no further ones just now.`,
          { retryAfterMs: Math.max(1, Math.ceil(oldest + MINUTE_MS - at)) },
        )
      }
      hosts.delete(hostPort)
      hosts.set(hostPort, at)
    },
  }
}
