import type { Socket } from 'node:net'

/** A way out that is not HTTP (file transfer, mail): bound to the hosts of the connection, behind the same guard. */
export type Wire = {
  /**
   * A plain TCP connection to one of the connection's hosts; encryption is up to the protocol.
   * @throws StepError EGRESS_BLOCKED, TIMED_OUT, CONNECTION_LOST; nothing was sent
   */
  dial(host: string, port: number): Promise<Socket>
  /** The login's secrets, for protocols in which nobody else can sign in. They go to that host and nowhere else. */
  readonly secrets: { readonly [field: string]: string }
}
