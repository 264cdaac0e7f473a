import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** The sandboxes as their own process tells of them. */
export type Sandboxes = {
  readonly xero: {
    readonly url: string
    readonly clientId: string
    readonly clientSecret: string
    readonly tenantId: string
  }
  readonly emarsys: {
    readonly url: string
    readonly clientId: string
    readonly clientSecret: string
    readonly merchantId: string
    readonly salesToken: string
  }
  readonly bigcommerce: { readonly url: string; readonly storeHash: string; readonly accessToken: string }
  /** `url` is the page that shows the mails; `host` and `port` are where they are handed over. */
  readonly mail: { readonly url: string; readonly host: string; readonly port: number }
  stop(): Promise<void>
}

const PROGRAM = fileURLToPath(new URL('../../connectors/sandbox.ts', import.meta.url))

/** Starts the sandboxes with demo data in a process of their own, so that their memory is not the product's. */
export async function startSandboxes(size: {
  readonly contacts: number
  readonly invoices: number
  readonly creditNotes: number
}): Promise<Sandboxes> {
  const child = spawn(
    process.execPath,
    [
      PROGRAM,
      '--json',
      '--auto-approve',
      ...['--xero-port', '0', '--emarsys-port', '0', '--bigcommerce-port', '0', '--mail-port', '0', '--smtp-port', '0'],
      ...['--limits', 'off'],
      ...[
        '--contacts',
        String(size.contacts),
        '--invoices',
        String(size.invoices),
        '--credit-notes',
        String(size.creditNotes),
      ],
    ],
    // A group of its own: Ctrl-C in a terminal stops the product first, and the product stops these.
    { stdio: ['ignore', 'pipe', 'inherit'], detached: true },
  )
  const exited = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })
  const first = await Promise.race([once(lines, 'line'), exited.then(() => undefined)])
  if (!first) throw new Error('the sandboxes ended before they were ready; their own words stand above')
  // The process is ours and writes exactly this shape.
  const told = JSON.parse(String(first[0])) as Omit<Sandboxes, 'stop'>
  process.once('exit', () => child.kill('SIGKILL'))
  return {
    ...told,
    stop: async () => {
      child.kill('SIGTERM')
      await exited
    },
  }
}
