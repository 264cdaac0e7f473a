import { createServer, type Socket, connect } from 'node:net'
import type { AddressInfo } from 'node:net'

/** A line between browsers and the product that can be cut, as a train's tunnel does. */
export type CutLine = {
  readonly port: number
  /** Where what comes in goes to, on this machine. */
  to(port: number): void
  /** Every connection breaks, and none comes through until it is mended. */
  cut(): void
  mend(): void
  close(): Promise<void>
}

export async function openCutLine(): Promise<CutLine> {
  const open = new Set<Socket>()
  let target = 0
  let whole = true
  const server = createServer((near) => {
    if (!whole || target === 0) return near.destroy()
    const far = connect(target, '127.0.0.1')
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        open.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = () => {
    whole = false
    for (const socket of open) socket.resetAndDestroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    to: (port) => {
      target = port
    },
    cut,
    mend: () => {
      whole = true
    },
    async close() {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A port that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
