import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { ConnectionView } from '../../server/contract/connections.ts'
import type { Draft, FlowView } from '../../server/contract/flows.ts'
import { API } from '../../server/contract/paths.ts'
import type { CreatedToken, Me } from '../../server/contract/people.ts'
import type { RunView } from '../../server/contract/runs.ts'
import { type Caller, createCaller } from '../../server/demo/caller.ts'
import type { Flow } from '../../server/flow/document/flow.ts'
import { START_FLAGS } from '../support/start-flags.ts'

/** Sizes are looked at so often, in milliseconds, and the run is asked for every second: its own times are what counts. */
const LOOK_MS = 200
/** Ten times a second took 3 µs of CPU per record for asking alone, of 160 for all; the web app asks every 2 s. */
const LOOKS_PER_QUESTION = 5

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url))

export type Remote = { readonly url: string; readonly bytesPerRecord: number; stop(): void }

export async function startRemote(records: number): Promise<Remote> {
  const child = spawn(
    process.execPath,
    ['--max-old-space-size=4000', file('remote.ts'), '--records', String(records)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  return { ...(JSON.parse(String(line)) as { url: string; bytesPerRecord: number }), stop: () => child.kill('SIGTERM') }
}

export type Measured = {
  readonly seconds: number
  readonly counts: { readonly [name: string]: number }
  /** Highest resident sizes seen during the run, in MB. */
  readonly serverMb: number
  readonly treeMb: number
}

export type BenchProduct = {
  run(flow: Flow): Promise<Measured>
  readonly call: Caller
  /** Stores, binds and publishes a flow; answers its path below the API. */
  publish(flow: Flow): Promise<string>
  /** Seconds of CPU so far: the process and its evaluators, without PostgreSQL. */
  cpuSeconds(): Promise<number>
  stop(): Promise<void>
}

/** The product as `npm start` runs it, in a process and a data directory of its own, wired to the bench's remote. */
export async function startProductFor(
  remote: Remote,
  settings: { readonly [variable: string]: string } = {},
): Promise<BenchProduct> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tieline-bench-'))
  const child = spawn(process.execPath, [...START_FLAGS, file('../../server/main.ts')], {
    cwd: file('../..'), // flags name files from there
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      DATA_DIR: dataDir,
      PORT: '0',
      LOG_LEVEL: 'error',
      EGRESS_ALLOW: new URL(remote.url).host,
      ...settings,
    },
  })
  const setUp = await setUpLink(child)
  const { call, workspace } = await signUp(setUp)
  const bindings = await connect(call, workspace, remote.url)
  const publish = async (document: Flow) => {
    const flow = await call<FlowView>('POST', `/workspaces/${workspace}/flows`, document)
    const path = `/workspaces/${workspace}/flows/${flow.id}`
    const used = Object.fromEntries(Object.entries(bindings).filter(([slot]) => Object.hasOwn(document.slots, slot)))
    await call('PUT', `${path}/bindings`, { bindings: used })
    const draft = await call<Draft>('GET', `${path}/draft`)
    await call('POST', `${path}/publish`, { summary: 'Bench', revision: draft.revision })
    return path
  }
  return {
    call,
    publish,
    cpuSeconds: async () => {
      const ticks = (await tree(child.pid!)).map((pid) => {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        return /\(postgres/.test(stat) ? 0 : Number(fields[11]) + Number(fields[12])
      })
      return ticks.reduce((sum, one) => sum + one, 0) / 100 // Linux counts in hundredths of a second
    },
    run: async (document) => {
      const path = await publish(document)
      let run = await call<RunView>('POST', `${path}/run`, {})
      let serverMb = 0
      let treeMb = 0
      for (let look = 1; ['queued', 'running', 'waiting'].includes(run.state); look++) {
        await sleep(LOOK_MS)
        const [server = 0, ...children] = await residentMb(child.pid!)
        serverMb = Math.max(serverMb, server)
        treeMb = Math.max(treeMb, server + children.reduce((sum, one) => sum + one, 0))
        if (look % LOOKS_PER_QUESTION === 0) run = await call<RunView>('GET', `/workspaces/${workspace}/runs/${run.id}`)
      }
      if (run.state !== 'succeeded') throw new Error(`the run ended as ${run.state}: ${run.code} ${run.reason}`)
      const seconds = (Date.parse(run.endedAt!) - Date.parse(run.startedAt!)) / 1000
      return { seconds, counts: run.counts, serverMb: Math.round(serverMb), treeMb: Math.round(treeMb) }
    },
    stop: async () => {
      child.kill('SIGINT')
      await once(child, 'exit')
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

async function setUpLink(child: ChildProcess): Promise<URL> {
  for await (const line of createInterface({ input: child.stdout! })) {
    const found = /http\S+#\S+/.exec(line)
    if (found) return new URL(found[0])
  }
  throw new Error('the product ended before it was ready')
}

async function signUp(setUp: URL): Promise<{ call: Caller; workspace: string }> {
  const url = setUp.origin
  const answer = await fetch(`${url}${API}/setup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify({
      token: setUp.hash.slice(1),
      email: 'bench@example.com',
      name: 'Bench',
      password: 'a long bench password 7391',
      workspace: 'Bench',
    }),
  })
  const workspace = ((await answer.json()) as Me).workspaces[0]!.id
  const cookie = answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
  const bySession = createCaller(url, () => ({ cookie, origin: url }))
  const { secret } = await bySession<CreatedToken>('POST', `/workspaces/${workspace}/tokens`, { name: 'Bench' })
  return { call: createCaller(url, () => ({ authorization: `Bearer ${secret}` })), workspace }
}

async function connect(call: Caller, workspace: string, url: string): Promise<{ [slot: string]: string }> {
  const add = async (body: unknown) =>
    (await call<ConnectionView>('POST', `/workspaces/${workspace}/connections`, body)).id
  return {
    xero: await add({
      connector: 'xero',
      name: 'Xero',
      login: 'custom-connection',
      settings: { identityUrl: url, loginUrl: url, apiUrl: url, callsPerMinute: 1_000_000, callsPerDay: 10_000_000 },
      secrets: { clientId: 'bench', clientSecret: 'bench' },
    }),
    emarsys: await add({
      connector: 'emarsys',
      name: 'Emarsys',
      login: 'oauth-client',
      settings: {
        apiUrl: url,
        tokenUrl: `${url}/oauth2/token`,
        salesUrl: url,
        merchantId: 'BENCH',
        externalIdField: '9001',
        callsPerMinute: 1_000_000,
      },
      secrets: { clientId: 'bench', clientSecret: 'bench', salesToken: 'bench' },
    }),
  }
}

/** Resident sizes in MB: the process itself first, then its evaluators. PostgreSQL's processes do not count. */
async function residentMb(root: number): Promise<number[]> {
  const sizes: number[] = []
  for (const pid of await tree(root)) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8')
      if (/^Name:\s*postgres/m.test(status)) continue
      sizes.push(Number(/^VmRSS:\s*(\d+)/m.exec(status)?.[1] ?? 0) / 1024)
    } catch {
      // It ended meanwhile.
    }
  }
  return sizes
}

/** The process and all below it. */
async function tree(root: number): Promise<number[]> {
  const parents = new Map<number, number>()
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]))
    } catch {
      // It ended meanwhile.
    }
  }
  const belongs = (pid: number): boolean => pid === root || (parents.has(pid) && belongs(parents.get(pid)!))
  return [root, ...[...parents.keys()].filter((one) => one !== root && belongs(one))]
}
