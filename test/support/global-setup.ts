import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
import { startTestServer, type TestServer } from './database-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where a test file asks for the database server of this run; see database.ts. */
    databaseBroker: { port: number }
  }
}

/**
 * One PostgreSQL for the whole run, started when the first test file asks for it: files that need no database do not
 * pay for one. A file asks by opening a connection to this process, and gets the server's addresses as one line of JSON.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // Processes of the product are started some hundred times: each takes over what one before has compiled, in half the
  // time. Worker processes of vitest inherit it too. Kept for the next run: a file that changed replaces its own entry.
  process.env.NODE_COMPILE_CACHE = fileURLToPath(new URL('../../node_modules/.cache/compiled', import.meta.url))

  let server: Promise<TestServer> | undefined
  const kept: string[] = []

  const broker = createServer((socket) => {
    socket.setEncoding('utf8')
    socket.on('error', () => {}) // a worker that was ended by vitest
    socket.on('data', (line) => kept.push(...String(line).split('\n').filter(Boolean)))
    server ??= startTestServer()
    server.then(
      ({ adminUrl, template }) => socket.write(`${JSON.stringify({ adminUrl, template })}\n`),
      (error: unknown) => socket.write(`${JSON.stringify({ failed: String(error) })}\n`),
    )
  })
  await new Promise<void>((resolve) => broker.listen(0, '127.0.0.1', resolve))
  const address = broker.address()
  if (typeof address !== 'object' || !address) throw new Error('the database broker has no port')
  project.provide('databaseBroker', { port: address.port })

  return async () => {
    broker.close()
    // A server that failed to start was reported to the files that asked for it.
    await (await server?.catch(() => undefined))?.stop(kept)
  }
}
