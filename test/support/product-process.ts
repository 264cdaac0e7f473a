import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { CHILD_ENV } from './child-env.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export type ProductRole = 'all' | 'api' | 'worker'

/** The product as `npm start` runs it, in a process of its own. */
export type ProductProcess = {
  readonly role: ProductRole
  readonly pid: number
  /** Where it answers; empty for a worker. */
  readonly url: string
  /** The one-time link it printed, if it did. */
  readonly setUpLink: string | undefined
  /** All that it has written to its output and its errors. */
  said(): string
  alive(): boolean
  /** Ends it without a word, and waits until it is gone. */
  kill(): Promise<void>
  /** Asks it to stop, and answers its exit code. */
  stop(): Promise<number | null>
  /** Stops it from running at all (SIGSTOP), and lets it go on. */
  freeze(): void
  thaw(): void
  /** Its exit code, when it ends by itself. */
  readonly exited: Promise<number | null>
}

/**
 * Starts it and waits until it says that it is ready. `env` has what differs from the defaults; `flags` is for Node; `root`
 * has the code, of whatever version.
 */
export async function startProductProcess(
  role: ProductRole,
  env: { readonly [name: string]: string },
  flags: readonly string[] = ['--max-old-space-size=384'],
  root = ROOT,
): Promise<ProductProcess> {
  const child: ChildProcess = spawn(process.execPath, [...flags, join(root, 'server/main.ts'), '--role', role], {
    cwd: root, // flags name files from there
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...CHILD_ENV, PORT: '0', LOG_LEVEL: 'fatal', ...env },
  })
  const exited = once(child, 'exit').then(([code]) => (code === null ? null : Number(code)))
  const said: string[] = []
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    said.push(text)
    process.stderr.write(text)
  })
  let url = ''
  let setUpLink: string | undefined
  const lines = createInterface(child.stdout!)
  let ready = false
  for await (const line of lines) {
    said.push(line)
    url ||= /\bready at (http\S+)/.exec(line)?.[1]?.replace(/[.,]$/, '') ?? ''
    setUpLink ??= /http\S+#\S+/.exec(line)?.[0]
    if (/Ctrl-C stops it/.test(line)) {
      ready = true
      break
    }
  }
  if (!ready) throw new Error(`the product ended before it was ready: ${said.join(' / ')}`)
  child
    .stdout!.setEncoding('utf8')
    .on('data', (text: string) => said.push(text))
    .resume()
  return {
    role,
    pid: child.pid ?? 0,
    url,
    setUpLink,
    exited,
    said: () => said.join('\n'),
    alive: () => child.exitCode === null && child.signalCode === null,
    async kill() {
      child.kill('SIGCONT')
      child.kill('SIGKILL')
      await exited
    },
    stop() {
      child.kill('SIGTERM')
      return exited
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
  }
}
