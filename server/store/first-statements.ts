import type { Duplex } from 'node:stream'
import type { PoolClient } from 'pg'

type Send = (...given: unknown[]) => unknown

/** What opens a transaction and names its workspace: nobody looks at the answer. */
const opens = (text: unknown): boolean =>
  text === 'begin' || (typeof text === 'string' && text.startsWith("select set_config('tieline.workspace'"))

/**
 * Makes what opens a transaction wait for the first statement that is asked something, and go out with it in one packet:
 * one round trip instead of three. A small run makes fourteen transactions, most of a single statement, and on loopback
 * each packet costs as much as the work it asks for. The connection must pipeline. Should one of them fail, the
 * connection is at its end or the transaction aborted, and the statement after it fails too.
 */
export function sendFirstTogether(client: PoolClient, send: Send): Send {
  // pg keeps its socket there; the types leave it out.
  const { stream } = (client as unknown as { connection: { stream: Duplex } }).connection
  let held: unknown[][] = []
  return (...given) => {
    if (opens(given[0])) {
      held.push(given)
      return Promise.resolve({ command: 'SET', rowCount: null, oid: 0, fields: [], rows: [] })
    }
    if (held.length === 0) return send(...given)
    const before = held
    held = []
    stream.cork()
    for (const one of before) (send(...one) as Promise<unknown>).catch(() => undefined)
    const answer = send(...given)
    stream.uncork()
    return answer
  }
}
