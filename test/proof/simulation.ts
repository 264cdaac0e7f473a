import { inSimulatedTime } from './simulated-builtins.ts'
import { Type } from 'typebox'
import { type Connector, defineRead, defineWrite, type WriteItem } from '../../connectors/kit/connector.ts'
import { StepError } from '../../connectors/kit/errors.ts'
import type { Http, HttpRequest } from '../../connectors/kit/http.ts'
import { buildCatalog } from '../../server/catalog.ts'
import type { OpenConnection } from '../../server/connect/connections.ts'
import { fuse } from '../../server/flow/plan/fuse.ts'
import { planFlow } from '../../server/flow/plan/plan.ts'
import { Park } from '../../server/run/call/attempt.ts'
import { executeRun } from '../../server/run/execute.ts'
import { LeaseLost } from '../../server/run/journal/journal.ts'
import { flowOf, node } from '../support/flows.ts'
import { Store } from './simulated-store.ts'
import { type Actor, clock, World } from './simulated-world.ts'

// The executor's own code against a database, a remote and a clock that are simulated, so that every order of events
// can be tried: a worker dies or stands still at any point where it waits, answers are lost, calls are refused.

const RECORDS = 3
const PAGE = 2
/** For so long the remote knows an idempotency key again. */
const KEY_WINDOW_MS = 360_000
const LEASE_MS = 15_000

const settings = Type.Object({}, { additionalProperties: false })
const payload = Type.Object({ id: Type.String() }, { additionalProperties: false })
const common = { summary: 'Simulated.', settings, permissions: [], payload, maxBatch: 2 }
const idOf = (value: { readonly id?: unknown }) => String(value.id)

async function post(http: Http, url: string, items: readonly WriteItem[], key = '') {
  await http.send({ method: 'POST', url, headers: { key }, json: items.map((item) => idOf(item.value)) })
  return items.map(() => ({ status: 'confirmed' as const }))
}

const simulated: Connector = {
  name: 'sim',
  title: 'Simulated',
  summary: 'Simulated.',
  settings,
  logins: [],
  limits: () => [],
  hosts: () => [],
  test: async () => [],
  operations: [
    defineRead({
      ...{ name: 'list', title: 'List', summary: 'Simulated.', settings, permissions: [], incremental: false },
      async *read(context, from) {
        for (let at = Number(from?.at ?? 0); at < RECORDS; ) {
          await context.http.send({ method: 'GET', url: 'list' })
          const records = Array.from({ length: Math.min(PAGE, RECORDS - at) }, (_, n) => ({ id: `r${at + n}` }))
          at += records.length
          yield { records, cursor: { at } }
        }
      },
    }),
    defineWrite({
      ...{ ...common, name: 'put', title: 'Put', effect: 'upsert' as const, policies: ['every-time' as const] },
      prepare: (_, value) => value,
      key: (_, value) => idOf(value),
      confirms: (_, value) => [{ kind: 'contact', key: idOf(value) }],
      write: ({ http }, items) => post(http, 'put', items),
    }),
    defineWrite({
      ...{ ...common, name: 'book', title: 'Book', effect: 'keyed' as const, policies: ['once-per-key' as const] },
      keyWindowMs: KEY_WINDOW_MS,
      prepare: (_, value) => value,
      key: (_, value) => idOf(value),
      write: ({ http }, items, call) => post(http, 'book', items, call.id),
      async probe({ http }, items) {
        const answer = await http.send({ method: 'GET', url: 'books' })
        const there = new Set(answer.text.split(' '))
        return items.map((item) => (there.has(idOf(item.value)) ? 'arrived' : 'absent'))
      },
    }),
    defineWrite({
      ...{ ...common, name: 'mail', title: 'Mail', effect: 'unsafe' as const, policies: ['once-per-key' as const] },
      prepare: (_, value) => value,
      key: (_, value) => idOf(value),
      requires: (_, value) => [{ kind: 'contact', key: idOf(value) }],
      write: ({ http }, items) => post(http, 'mail', items),
    }),
  ],
}

const catalog = buildCatalog([simulated])
const plan = planFlow(
  flowOf(
    [
      node('list', 'sim.list'),
      node('put', 'sim.put'),
      node('mail', 'sim.mail'),
      node('book', 'sim.book'),
      node('total', 'summarise', { by: [], values: [{ name: 'records', fn: 'count' }] }),
    ],
    ['start list', 'list put', 'put mail', 'list book', 'list total'],
  ),
  catalog,
)
const groups = fuse(plan)
const operations = new Map(simulated.operations.map((one) => [`sim.${one.name}`, one]))

/** The other system: it counts what it did. */
class Remote {
  readonly puts = new Map<string, number>()
  readonly books = new Map<string, number>()
  readonly mails = new Map<string, number>()
  readonly #keys = new Map<string, number>()

  knows(request: HttpRequest): boolean {
    const first = request.url === 'book' ? this.#keys.get(request.headers?.key ?? '') : undefined
    return first !== undefined && clock.now - first < KEY_WINDOW_MS
  }

  apply(request: HttpRequest): void {
    const ids = Array.isArray(request.json) ? request.json.map(String) : []
    if (this.knows(request)) return
    if (request.url === 'book') this.#keys.set(request.headers?.key ?? '', clock.now)
    const book = request.url === 'put' ? this.puts : request.url === 'book' ? this.books : this.mails
    if (request.method === 'POST') for (const id of ids) book.set(id, (book.get(id) ?? 0) + 1)
  }
}

function connectionOf(world: World, remote: Remote, actor: Actor): OpenConnection {
  return {
    id: 'connection',
    connector: 'sim',
    connection: {},
    generation: async () => 1,
    context: (signal, onExchange, only) => {
      const none = (): never => {
        throw new Error('the simulated remote knows HTTP only')
      }
      const http: Http = {
        async send(request) {
          await world.boundary(actor, `dial ${request.url}`)
          if (only && performance.now() > only.until()) throw new StepError('CONNECTION_LOST', 'too late')
          const went = (status: number | undefined, error?: string) =>
            onExchange?.({
              ...{ method: request.method, url: request.url, status, requestBytes: 0, responseBytes: 0 },
              ...{ ms: 0, waitedMs: 0, generation: 1 },
              ...(error ? { error } : {}),
            })
          if (world.chance(0.04)) {
            throw new StepError('CONNECTION_LOST', 'no line', { dialled: 'no' })
          }
          if (world.chance(0.04)) {
            went(429)
            throw new StepError('RATE_LIMITED', 'too many', { status: 429, retryAfterMs: 1_000 })
          }
          // What was done under a key is answered as it was the first time.
          if (request.method === 'POST' && world.chance(0.03) && !remote.knows(request)) {
            went(422)
            throw new StepError('RECORD_REFUSED', 'no', { status: 422 })
          }
          remote.apply(request)
          await world.boundary(actor, `hear ${request.url}`)
          if (world.chance(0.08)) {
            went(undefined, 'CONNECTION_LOST')
            throw new StepError('CONNECTION_LOST', 'cut off', { dialled: 'maybe' })
          }
          went(200)
          return { status: 200, headers: {}, text: request.url === 'books' ? [...remote.books.keys()].join(' ') : '' }
        },
      }
      return {
        ...{ connection: {}, http, signal },
        wire: { dial: none, call: none, secrets: {} },
        files: { list: none, knows: none, read: none, keep: none },
      }
    },
  }
}

export type Outcome = { readonly faults: readonly string[]; readonly history: readonly string[] }

/** Carries one run out under the history that follows from a seed, to its end, and says what is wrong then. */
export function simulate(seed: number): Promise<Outcome> {
  return inSimulatedTime(() => carryOut(seed))
}

async function carryOut(seed: number): Promise<Outcome> {
  const world = new World(seed)
  const store = new Store(world)
  const remote = new Remote()
  const actors: Actor[] = []
  const bugs: string[] = []
  let ended = false
  let holder: Actor | undefined
  const likely = { death: world.random() * 0.03, freeze: world.random() * 0.02 }

  const begin = (): Actor => {
    const actor: Actor = { epoch: store.claim(), state: 'working' }
    actors.push(actor)
    const signal = new AbortController().signal
    executeRun({
      claim: {
        ...{
          workspace: 'w',
          run: 'run',
          flow: 'f',
          version: 1,
          epoch: actor.epoch,
          day: '2026-11-22',
          traceClass: 'standard',
        },
        ...{ fixedNow: new Date(0), causeNode: 'start', cause: 'manual', start: { kind: 'trigger' }, quiet: false },
      },
      ...{ plan, groups, capture: 'sample', ordered: false, signal },
      operation: (id) => operations.get(id)!,
      connection: async () => connectionOf(world, remote, actor),
      journal: store.journal(actor),
      ledger: store.ledger(actor),
      // A worker that stands still does not renew its lease.
      heldUntil: () => (actor.state === 'frozen' ? (actor.since ?? 0) : clock.now) + LEASE_MS,
      evaluator: { run: () => Promise.reject(new Error('nothing is evaluated here')) },
    }).then(
      () => {
        actor.state = 'done'
        if (actor.epoch === store.epoch) ended = true
      },
      (error: unknown) => {
        actor.state = 'done'
        // A run that was put down or failed is taken up again, later.
        if (error instanceof Park) clock.now += error.wakeInMs
        else if (!(error instanceof LeaseLost) && !(error instanceof StepError)) bugs.push(String(error))
      },
    )
    return actor
  }

  for (let steps = 0; !ended && bugs.length === 0; steps++) {
    await world.settle(actors)
    if (ended) break
    if (steps > 5_000) {
      bugs.push('it does not end')
      break
    }
    if (!holder || holder.state !== 'working') {
      // Its lease has to run out first; how long the next one takes to come is anybody's guess.
      clock.now += LEASE_MS + (world.chance(0.1) ? 600_000 : 0)
      holder = begin()
      continue
    }
    if (world.waiting(holder) && world.chance(likely.death)) world.die(holder)
    else if (world.waiting(holder) && world.chance(likely.freeze))
      Object.assign(holder, { state: 'frozen', since: clock.now })
    else if (world.chance(0.15)) {
      const asleep = actors.filter((one) => one.state === 'frozen')
      // It stays what it is: whoever holds the run by then does not know of it.
      if (asleep.length > 0) world.step(asleep)
      else world.step([holder])
    } else world.step([holder])
  }
  // Whoever slept through all of it wakes at last.
  for (let steps = 0; steps < 200 && actors.some((one) => one.state === 'frozen' && world.waiting(one)); steps++) {
    world.step(actors.filter((one) => one.state === 'frozen'))
    await world.settle(actors)
  }
  return { faults: [...bugs, ...faultsOf(store, remote)], history: world.history }
}

function faultsOf(store: Store, remote: Remote): string[] {
  const faults: string[] = []
  const ids = Array.from({ length: RECORDS }, (_, n) => `r${n}`)
  const ledger = new Map(
    [...store.effects.values()].map((one) => [`${one.target} ${one.effect.document}`, store.stateOf(one)]),
  )
  const refused = (id: string) =>
    store.exceptions.some((one) => one.code === 'RECORD_REFUSED' && idOf(one.record) === id)
  const missing = (id: string) =>
    store.exceptions.some((one) => one.code === 'CONTACT_NOT_CONFIRMED' && idOf(one.record) === id)
  for (const [at, { batch, epoch }] of store.settled.entries()) {
    if (batch !== at) faults.push(`batch ${batch} settled as number ${at}`)
    if (epoch < (store.settled[at - 1]?.epoch ?? 0)) faults.push(`batch ${batch} settled by an old epoch`)
  }
  if (store.counts.read !== RECORDS) faults.push(`${store.counts.read} records counted as read`)
  for (const id of ids) {
    const wasRefused = refused(id)
    if (!remote.puts.has(id) && !wasRefused) faults.push(`${id} was never put`)
    for (const [name, book] of [
      ['booked', remote.books],
      ['mailed', remote.mails],
    ] as const) {
      const count = book.get(id) ?? 0
      if (count > 1) faults.push(`${id} was ${name} ${count} times`)
      const states = [...ledger].filter(([place]) => place.endsWith(` ${id}`)).map(([, state]) => state)
      const doubtful = states.includes('unknown')
      if (count === 0 && !wasRefused && !missing(id) && !doubtful)
        faults.push(`${id} was never ${name}, and nobody knows`)
    }
  }
  for (const one of store.effects.values()) {
    const { document } = one.effect
    const state = store.stateOf(one)
    if (state === 'intended' || state === 'sent') faults.push(`the effect ${document} was left ${state}`)
    if (state === 'unknown' && !store.isNamed(one.target, document))
      faults.push(`the doubt about ${document} is hidden`)
    const counts = [remote.books.get(document) ?? 0, remote.mails.get(document) ?? 0]
    if (state === 'confirmed' && counts.every((count) => count === 0))
      faults.push(`${document} is confirmed and was never done`)
  }
  return faults
}
