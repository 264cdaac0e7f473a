import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Agent, request as dial } from 'undici'
import type { HookList, NewSecret } from '../../server/contract/hooks.ts'
import type { Flow } from '../../server/flow/document/flow.ts'
import { type BenchProduct, type Remote, startProductFor, startRemote } from './product.ts'

// hook → map → one write → done, durable and traced, against a bare Fastify program that maps, inserts and calls.
// `node test/bench/hooks.bench.ts 2000 1`: so many events, so many rounds.
const EVENTS = Number(process.argv[2] ?? 6_000)
const CONCURRENCY = 50
const ROUNDS = Number(process.argv[3] ?? 3)
/** With one run, and so one call, for each event. */
const ALONE = 300
/** The paced part: events per second, and seconds. */
const PACE = 500
const PACE_SECONDS = 8
/** Of what the bare program does; and milliseconds within which 99 of 100 events are acknowledged at that pace. */
const PROMISED = { share: 0.35, p99: 25 }

const EXPRESSION = `{ '9001': id, '3': 'c' & id & '@example.com', '1': name }`

type Target = { readonly url: string; readonly headers: { readonly [name: string]: string } }

const agent = new Agent({ connections: CONCURRENCY })
let nextId = 0

async function post({ url, headers }: Target): Promise<void> {
  const body = JSON.stringify({ id: `E-${nextId++}`, name: 'Ada Example', note: 'x'.repeat(200), total: 12.5 })
  const answer = await dial(url, { method: 'POST', dispatcher: agent, headers, body })
  const text = await answer.body.text()
  if (answer.statusCode !== 202) throw new Error(`${url} answered ${answer.statusCode}: ${text}`)
}

async function flood(target: Target, count: number): Promise<void> {
  let left = count
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      while (left-- > 0) await post(target)
    }),
  )
}

const contactsAt = async (remote: Remote) =>
  ((await (await fetch(`${remote.url}/counts`)).json()) as { contacts: number }).contacts

/** Events per second from the first that is sent until the last has reached the remote. */
async function rate(target: Target, remote: Remote, count: number): Promise<number> {
  const before = await contactsAt(remote)
  const began = performance.now()
  await flood(target, count)
  while ((await contactsAt(remote)) < before + count) await sleep(10)
  return count / ((performance.now() - began) / 1000)
}

/** Milliseconds to the acknowledgement of events that come at an even pace, whatever the answers do. */
async function paced(target: Target): Promise<number[]> {
  const times: number[] = []
  const sent: Promise<void>[] = []
  const began = performance.now()
  for (let n = 0; n < PACE * PACE_SECONDS; n++) {
    const due = began + (n * 1000) / PACE
    while (performance.now() < due) await sleep(1)
    sent.push(post(target).then(() => void times.push(performance.now() - due)))
  }
  await Promise.all(sent)
  return times.sort((a, b) => a - b)
}

async function openHook(product: BenchProduct, most: number): Promise<Target & { path: string }> {
  const flow: Flow = {
    format: 1,
    name: `Hook, ${most} at once`,
    description: '',
    capture: 'full',
    slots: { emarsys: { connector: 'emarsys', title: 'Emarsys' } },
    nodes: [
      { id: 'told', operation: 'hook', name: 'Told', settings: { kind: 'token', idPath: 'id', collectMost: most } },
      { id: 'shape', operation: 'map', name: 'Shape', settings: { expression: EXPRESSION } },
      {
        id: 'send',
        operation: 'emarsys.upsert-contacts',
        name: 'Send',
        slot: 'emarsys',
        settings: { keyField: '9001', policy: 'every-time' },
      },
    ],
    edges: [
      { id: 'a', from: 'told', port: 'out', to: 'shape', input: 'in' },
      { id: 'b', from: 'shape', port: 'out', to: 'send', input: 'in' },
    ],
  }
  const path = await product.publish(flow)
  const [hook] = (await product.call<HookList>('GET', `${path}/hooks`)).items
  const { secret } = await product.call<NewSecret>('POST', `${path}/hooks/${hook!.id}/secret`, {})
  await product.call('POST', `${path}/switch`, { on: true })
  return { path, url: hook!.url, headers: { 'content-type': 'application/json', 'x-tieline-token': secret } }
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
const at = (times: readonly number[], share: number) => (times[Math.floor(times.length * share)] ?? 0).toFixed(1)

const remote = await startRemote(1)
const floorProcess = spawn(
  process.execPath,
  [fileURLToPath(new URL('hook-floor.ts', import.meta.url)), remote.url, EXPRESSION],
  { stdio: ['ignore', 'pipe', 'inherit'] },
)
const [floorUrl] = await once(createInterface({ input: floorProcess.stdout }), 'line')
const floor = { url: `${String(floorUrl)}/hook`, headers: { 'content-type': 'application/json' } }
const product = await startProductFor(remote, { HOOKS_PER_SECOND: '100000' })
try {
  const many = await openHook(product, 100)
  const one = await openHook(product, 1)
  await rate(floor, remote, 500)
  await rate(many, remote, 500)
  const ofFloor: number[] = []
  const ofProduct: number[] = []
  const cpu: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    ofFloor.push(await rate(floor, remote, EVENTS))
    const before = await product.cpuSeconds()
    ofProduct.push(await rate(many, remote, EVENTS))
    cpu.push(((await product.cpuSeconds()) - before) / EVENTS)
  }
  const share = median(ofProduct) / median(ofFloor)
  console.log(`hook → map → write → done, ${EVENTS} events, concurrency ${CONCURRENCY}, median of ${ROUNDS}:`)
  console.log(`  bare Fastify program, one INSERT and one call per event: ${Math.round(median(ofFloor))}/s`)
  console.log(
    `  product, up to 100 events per run and call: ${Math.round(median(ofProduct))}/s, ratio ${share.toFixed(2)} (promised ${PROMISED.share}); ` +
      `CPU ${(median(cpu) * 1e6).toFixed(0)} µs per event, PostgreSQL apart`,
  )
  console.log(`  product, one run and one call per event: ${Math.round(await rate(one, remote, ALONE))}/s`)
  for (const [who, target] of [
    ['bare program', floor],
    [`product (p99 ≤ ${PROMISED.p99} ms)`, many],
  ] as const) {
    const times = await paced(target)
    console.log(
      `acknowledgement at ${PACE}/s for ${PACE_SECONDS} s, ${who}: p50 ${at(times, 0.5)} ms, p99 ${at(times, 0.99)} ms, longest ${at(times, 0.99999)} ms`,
    )
  }
} finally {
  await product.stop()
  floorProcess.kill('SIGTERM')
  await agent.close()
  remote.stop()
}
