import type { Socket } from 'node:net'

/** A way out that is not HTTP (file transfer, mail): bound to the hosts of the connection, behind the same guard. */
export type Wire = {
  /**
   * One call over a plain TCP connection of its own (encryption is up to the protocol): waits for the connection's budget, dials, lets `speak` talk, hangs up, and
   * leaves one line in the trace. The line is cut when the run stops (its reason is then thrown) or after two minutes,
   * a quarter of an hour for files.
   * @throws StepError EGRESS_BLOCKED, TIMED_OUT, CONNECTION_LOST, RATE_LIMITED, and what `speak` throws
   */
  call<T>(call: WireCall, speak: (socket: Socket, heard: Heard) => Promise<T>): Promise<T>
  /** The login's secrets, for protocols in which nobody else can sign in. They go to that host and nowhere else. */
  readonly secrets: { readonly [field: string]: string }
}

export type WireCall = {
  /** The protocol, for the trace: `SMTP`. */
  readonly protocol: string
  readonly host: string
  readonly port: number
  /** The protocol will not encrypt it: allowed only to hosts that may be called by plain http too. */
  readonly plain?: boolean
  /** Its answer may be a whole file, which takes longer than a question. */
  readonly file?: boolean
}

/** What `speak` may note for the trace. */
export type Heard = {
  /** Number of the remote's last answer. */
  status?: number
}
