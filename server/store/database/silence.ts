import type { Socket } from 'node:net'
import type { Client, ClientConfig, PoolClient } from 'pg'

// A network can swallow a connection: a firewall forgets it, a machine is gone without a word. It stands then, nothing
// comes over it any more, and TCP gives it up after a quarter of an hour. A statement may be silent too, while it works;
// so another connection asks the server which of the two it is.

export type SilenceOptions = {
  /** How often connections are looked at, in milliseconds. Default: 2,000. */
  readonly lookMs?: number
  /** After so many looks at which nothing had come the server is asked. Default: 4. */
  readonly looks?: number
}

const LOOK_MS = 2_000
const LOOKS = 4
/** For a new connection and its one question; who does not answer that either is away. */
const ASK_MS = 4_000

type Another = (limits: Pick<ClientConfig, 'connectionTimeoutMillis' | 'query_timeout'>) => Client

type Watched = {
  readonly stream: Socket
  /** Process that serves it on the server. */
  readonly pid: number
  /** Statements that were sent, and those whose last word has come. */
  asked: number
  answered: number
  bytesRead: number
  /** Looks since anything came. */
  silent: number
}

/** What pg has and its types leave out. */
type Inside = {
  readonly processID: number
  readonly connection: { readonly stream: Socket; on(event: 'readyForQuery', heard: () => void): void }
}

/**
 * Ends connections of a pool over which an answer will not come any more; whoever waits for it hears `ECONNRESET`.
 * @param another makes a connection as those of the pool, with these limits.
 */
export function watchSilence(another: Another, { lookMs = LOOK_MS, looks = LOOKS }: SilenceOptions = {}) {
  const all = new Set<Watched>()
  let timer: NodeJS.Timeout | undefined
  let asking = false

  function look(): void {
    for (const one of all) {
      const { bytesRead } = one.stream
      one.silent = bytesRead === one.bytesRead ? one.silent + 1 : 0
      one.bytesRead = bytesRead
      // An idle one is silent by right.
      if (one.asked <= one.answered && one.silent > looks) one.silent = looks
    }
    // Of a long statement it is asked again as often as this, and not at each look.
    const waiting = [...all].filter((one) => one.asked > one.answered && one.silent > 0 && one.silent % looks === 0)
    if (waiting.length === 0 || asking) return
    asking = true
    void judge(waiting).finally(() => {
      asking = false
    })
  }

  async function judge(waiting: readonly Watched[]): Promise<void> {
    const heard = waiting.map(({ stream }) => stream.bytesRead)
    const working = await workingOf(another, waiting)
    const gone = waiting.filter(
      ({ stream, pid, asked, answered }, at) => !working(pid) && stream.bytesRead === heard[at] && asked > answered,
    )
    if (gone.length === 0) return
    // What is idle and has heard nothing for as long went the same way; asked something, it would be found out one by one.
    const idle = [...all].filter((one) => one.asked === one.answered && one.silent >= looks)
    for (const { stream } of [...gone, ...idle]) stream.destroy(swallowed())
  }

  return {
    /** A new connection of the pool. */
    watch(client: PoolClient): void {
      const { connection, processID } = client as unknown as Inside
      const { stream } = connection
      const one: Watched = { stream, pid: processID, asked: 0, answered: 0, bytesRead: stream.bytesRead, silent: 0 }
      const query = client.query.bind(client) as (...given: unknown[]) => unknown
      client.query = ((...given: unknown[]) => {
        // Its silence begins now, however long it was idle.
        if (one.asked <= one.answered) one.silent = 0
        one.asked += 1
        return query(...given)
      }) as typeof client.query
      connection.on('readyForQuery', () => {
        one.answered += 1
      })
      all.add(one)
      client.once('end', () => all.delete(one))
      timer ??= setInterval(look, lookMs).unref()
    },
    stop(): void {
      clearInterval(timer)
      all.clear()
    },
  }
}

/** Which server processes are at work on a statement; all, where the server answers but cannot say. */
async function workingOf(another: Another, asked: readonly Watched[]): Promise<(pid: number) => boolean> {
  const client = another({ connectionTimeoutMillis: ASK_MS, query_timeout: ASK_MS })
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query<{ pid: number }>(
      `select pid from pg_stat_activity where pid = any($1) and (state = 'active' or state is null)`,
      [asked.map(({ pid }) => pid)],
    )
    const pids = new Set(rows.map(({ pid }) => pid))
    return (pid) => pids.has(pid)
  } catch (error) {
    // What the server itself says has a severity.
    const answered = error instanceof Error && 'severity' in error
    return () => answered
  } finally {
    // Not waited for: where nobody answers it would take as long again.
    void client.end().catch(() => undefined)
  }
}

const swallowed = () =>
  Object.assign(new Error('Connection terminated: the database was silent, and does not work on what it was asked.'), {
    code: 'ECONNRESET',
  })
