import { Readable } from 'node:stream'
import { RunParams } from '../../contract/runs.ts'
import { Json } from '../../contract/shared.ts'
import { inWorkspace } from '../../store/database/database.ts'
import { findRun } from '../../store/run/run-lists.ts'
import type { RunMark } from '../../store/run/run-marks.ts'
import type { RunState } from '../../store/database/schema.ts'
import { whoAsks } from '../http/access.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { ApiProblem, found } from '../http/problems.ts'
import { watchRuns, type Watcher } from './run-watch.ts'
import { viewRun } from '../view/views.ts'

/** How often the runs that somebody watches are looked at. */
const LOOK_MS = 1_000
/** Proxies close what is silent for a minute, some for 30 seconds. */
const BEAT_MS = 15_000
/** Streams of one person in one process: a browser opens six of a page's host at most, and pages in the background none. */
const MOST_OF_ONE = 20
/** What the browser waits before it connects again, in milliseconds. */
const AGAIN_MS = 2_000

const ENDED: readonly RunState[] = ['succeeded', 'partly', 'failed', 'cancelled']

/** Tells how a run goes while it goes: its view, again and again, each as a server-sent event. */
export function runEventRoutes(api: Api, parts: AppParts): void {
  const watch = watchRuns(parts.system, LOOK_MS, (error) => api.log.warn({ err: error }, 'watched runs were not read'))
  const open = new Map<string, Set<Stream>>()
  // Before the server waits for its answers to end: these would not.
  api.addHook('preClose', async () => {
    watch.stop()
    for (const streams of open.values()) for (const stream of streams) stream.end()
  })

  api.get(
    '/workspaces/:workspace/runs/:run/events',
    {
      exposeHeadRoute: false,
      schema: {
        summary:
          'Follow a run: events `run` with its view at each change, their ids as `Last-Event-ID` spare what is known; then `end`',
        tags: ['runs'],
        params: RunParams,
        produces: ['text/event-stream'],
        response: { 200: Json },
      },
      config: { permission: 'runs.read', codes: ['RATE_LIMITED'] },
    },
    async (request, reply) => {
      const { workspace, run } = request.params
      const who = whoAsks(request)
      const { state } = found(await inTenant(parts, request, (tx) => findRun(tx, workspace, run)), 'run')
      const mine = open.get(who.person.id) ?? new Set()
      if (mine.size >= MOST_OF_ONE) {
        throw new ApiProblem('RATE_LIMITED', `You follow ${MOST_OF_ONE} runs already. Close some of their pages.`, {
          retryAfterSeconds: 5,
        })
      }
      const stream = new Stream()
      const last = request.headers['last-event-id']
      const watcher: Watcher = {
        who,
        workspace,
        run,
        // Of one that has ended there is no change to wait for.
        seen: typeof last === 'string' && !ENDED.includes(state) ? last : undefined,
        tell: ({ mark, state: now }: RunMark) => {
          void inWorkspace(parts.app, workspace, (tx) => findRun(tx, workspace, run))
            .then((row) => {
              if (row) stream.say(`id: ${mark}\nevent: run\ndata: ${JSON.stringify(viewRun(row, request))}\n\n`)
              if (ENDED.includes(now)) stream.end('ended')
            })
            // Told at the next look.
            .catch(() => {
              watcher.seen = undefined
            })
        },
        leave: (why) => stream.end(why),
      }
      const stop = watch.watch(watcher)
      const beat = setInterval(() => stream.say(': still here\n\n'), BEAT_MS)
      beat.unref()
      open.set(who.person.id, mine.add(stream))
      stream.on('close', () => {
        stop()
        clearInterval(beat)
        mine.delete(stream)
        if (mine.size === 0) open.delete(who.person.id)
      })
      stream.say(`retry: ${AGAIN_MS}\n\n`)
      return (
        reply
          .type('text/event-stream')
          .header('x-accel-buffering', 'no')
          // Kept alive after the stream, it would hold up the end of the process.
          .header('connection', 'close')
          .send(stream)
      )
    },
  )
}

/** Every event holds all there is to know: for a reader that is slow, a newer one takes the place of the one that waits. */
class Stream extends Readable {
  #waits: string | undefined
  #full = false
  /** The last words were said; that the reader has not taken them yet changes nothing. */
  #over = false

  override _read(): void {
    this.#full = false
    if (this.#waits === undefined) return
    const text = this.#waits
    this.#waits = undefined
    this.#full = !this.push(text)
  }

  say(text: string): void {
    if (this.#over || this.destroyed) return
    if (this.#full) this.#waits = text.startsWith(':') ? this.#waits : text
    else this.#full = !this.push(text)
  }

  end(why?: 'ended' | 'gone' | 'shut'): void {
    if (this.#over || this.destroyed) return
    this.#over = true
    if (this.#waits !== undefined) this.push(this.#waits)
    this.#waits = undefined
    if (why !== undefined) this.push(`event: end\ndata: ${why}\n\n`)
    this.push(null)
  }
}
