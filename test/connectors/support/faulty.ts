import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What may go wrong with one call of an HTTP API. After `reset-after`, `html` and `malformed` the call was carried out. */
export type Mishap = 'login' | 'permission' | 'limit' | 'down' | 'reset' | 'reset-after' | 'html' | 'malformed' | 'slow'

export type Asked = {
  readonly method: string
  readonly url: URL
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export type Answered = {
  readonly status?: number
  readonly headers?: { readonly [name: string]: string }
  /** Sent as JSON, text as it is; absent: no body. */
  readonly body?: unknown
}

/** A plain JSON API that answers as it is told, and misbehaves when it is told to. */
export type FaultyRemote = {
  readonly url: string
  readonly received: Asked[]
  /** The next calls go wrong in this way. Calls for a token do not. */
  arm(mishap: Mishap, times: number): void
  calm(): void
  close(): Promise<void>
}

const REFUSALS: { readonly [mishap: string]: Answered } = {
  login: { status: 401, body: { message: 'unknown token' } },
  permission: { status: 403, body: { message: 'not for you' } },
  limit: { status: 429, headers: { 'retry-after': '1' }, body: { message: 'later' } },
  down: { status: 503, body: { message: 'maintenance' } },
}

const SPOILT: { readonly [mishap: string]: Answered } = {
  html: { headers: { 'content-type': 'text/html' }, body: '<html><body>Welcome</body></html>' },
  malformed: { body: '{"data": [' },
}

/** `answer` is asked for each call that is to be carried out; a path that ends in /token is never armed. */
export async function startFaulty(answer: (asked: Asked) => Answered): Promise<FaultyRemote> {
  const received: Asked[] = []
  let armed: Mishap[] = []

  function say(response: ServerResponse, { status = 200, headers = {}, body }: Answered): void {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body))
  }

  /** What an armed call is answered with; undefined: the line is cut. */
  function spoilt(mishap: Mishap, asked: Asked): Answered | undefined {
    if (mishap === 'reset') return undefined
    const refusal = REFUSALS[mishap]
    if (refusal) return refusal
    const done = answer(asked)
    return mishap === 'reset-after' ? undefined : (SPOILT[mishap] ?? done)
  }

  function respond(asked: Asked, response: ServerResponse): void {
    const mishap = asked.url.pathname.endsWith('/token') ? undefined : armed.shift()
    const said = mishap === undefined ? answer(asked) : spoilt(mishap, asked)
    if (said === undefined) response.destroy()
    // `slow`: no answer at all, until whoever waits gives up.
    else if (mishap !== 'slow') say(response, said)
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const asked: Asked = {
        method: request.method ?? '',
        url: new URL(request.url ?? '/', 'http://remote'),
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      }
      received.push(asked)
      respond(asked, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A server listening on TCP has an address with a port.
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    arm(mishap, times) {
      armed = Array.from({ length: times }, () => mishap)
    },
    calm() {
      armed = []
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
