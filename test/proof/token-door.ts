import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export type TokenDoor = {
  readonly url: string
  /** How many answers of each status the token service gave so far. */
  readonly answers: { readonly [status: string]: number }
  /** The next answer waits at the door, given already but not handed on, until this is done. */
  beforeNext(act: () => Promise<void>): void
  close(): Promise<void>
}

/** Stands before a token service: what it answers has happened there when somebody may still be kept from learning it. */
export async function openTokenDoor(service: string): Promise<TokenDoor> {
  const answers: { [status: string]: number } = {}
  let next: (() => Promise<void>) | undefined
  const server = createServer(async (request, response) => {
    try {
      const { authorization, 'content-type': type } = request.headers
      const answer = await fetch(`${service}${request.url}`, {
        method: 'POST',
        headers: { ...(authorization ? { authorization } : {}), ...(type ? { 'content-type': type } : {}) },
        body: await text(request),
      })
      const body = await answer.text()
      answers[answer.status] = (answers[answer.status] ?? 0) + 1
      const act = next
      next = undefined
      await act?.()
      response
        .writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' })
        .end(body)
    } catch (error) {
      response.destroy(error instanceof Error ? error : undefined)
    }
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers,
    beforeNext(act) {
      next = act
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
