import type { Duplex } from 'node:stream'
import type { PoolClient } from 'pg'
import { planName } from './kept-plans.ts'
import { plainParameter } from './plain-parameters.ts'

type Send = (...given: unknown[]) => unknown

const NAMES_WORKSPACE = "select set_config('tieline.workspace'"
const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i

/** What opens a transaction and names its workspace: nobody looks at the answer. */
const opens = (text: unknown): boolean =>
  text === 'begin' || (typeof text === 'string' && text.startsWith(NAMES_WORKSPACE))

/**
 * Sends what is asked of a connection with as few packets as there can be: on one machine each costs 0.1 to 0.2 ms on
 * either side, as much as the work that a small statement asks for. Statements that are asked in one turn of the event
 * loop leave together, and what opens a transaction waits for the first statement that is asked something. The
 * connection must pipeline. Should an opening fail, the connection is at its end or the transaction aborted, and the
 * statement after it fails too.
 */
export function inPackets(client: PoolClient): Send {
  const send = client.query.bind(client) as Send
  // pg keeps its socket there; the types leave it out.
  const { stream } = (client as unknown as { connection: { stream: Duplex } }).connection
  let held: unknown[][] = []
  let corked = false

  function cork(): void {
    if (corked) return
    corked = true
    stream.cork()
    process.nextTick(() => {
      corked = false
      stream.uncork()
    })
  }

  // Its many forms all have their parameters, if any, in the second place.
  return (first, second, ...more) => {
    if (opens(first)) {
      held.push([first, second, ...more])
      return Promise.resolve({ command: 'SET', rowCount: null, oid: 0, fields: [], rows: [] })
    }
    cork()
    if (held.length > 0) {
      for (const one of opening(held)) (send(...one) as Promise<unknown>).catch(() => undefined)
      held = []
    }
    if (!Array.isArray(second)) return send(first, second, ...more)
    const values = second.map(plainParameter)
    const name = typeof first === 'string' ? planName(first) : undefined
    return name === undefined ? send(first, values, ...more) : send({ name, text: first, values }, ...more)
  }
}

/** Both openings as one statement without parameters, which takes one message each way instead of six. */
function opening(held: readonly unknown[][]): readonly unknown[][] {
  const [begin, named] = held
  const [workspace]: readonly unknown[] = Array.isArray(named?.[1]) ? named[1] : []
  if (begin?.[0] !== 'begin' || held.length !== 2 || typeof workspace !== 'string' || !UUID.test(workspace)) return held
  return [[`begin; set local tieline.workspace = '${workspace}'`]]
}
