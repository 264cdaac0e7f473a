import type { Connection, Submittable } from 'pg'
import type { SingleConnection } from './database.ts'

type Client = SingleConnection['client']

/** pg's own connection, with the COPY calls that its type declarations leave out. */
type CopyConnection = Connection & {
  sendCopyFromChunk(chunk: Buffer): boolean
  endCopyFrom(): void
  sendCopyFail(message: string): void
}

/** What may wait to be read before the server is made to pause. */
const WAITING_BYTES = 1_000_000

/** Reads `copy … to stdout` as it arrives; the server waits while we do. */
export async function* copyOut(client: Client, statement: string): AsyncGenerator<Buffer> {
  const waiting: Buffer[] = []
  let bytes = 0
  let wake = () => {}
  let ended = false
  let failed: Error | undefined
  let stream: Connection['stream'] | undefined

  client.query(
    submittable({
      submit(connection) {
        stream = connection.stream
        connection.query(statement)
      },
      handleCopyData({ chunk }) {
        waiting.push(Buffer.from(chunk)) // a copy: pg uses the memory of its messages again
        bytes += chunk.length
        if (bytes > WAITING_BYTES) stream?.pause()
        wake()
      },
      handleError(error) {
        failed = error
        ended = true
        wake()
      },
      handleReadyForQuery() {
        ended = true
        wake()
      },
    }),
  )
  for (;;) {
    if (waiting.length > 0) {
      bytes = 0
      yield Buffer.concat(waiting.splice(0))
    } else if (failed) throw failed
    else if (ended) return
    else {
      await new Promise<void>((resolve) => {
        wake = resolve
        stream?.resume()
      })
    }
  }
}

/** Feeds `copy … from stdin`; answers how many rows the server took. */
export function copyIn(client: Client, statement: string, data: AsyncIterable<Buffer>): Promise<number> {
  return new Promise((resolve, reject) => {
    let rows = 0
    let failed: Error | undefined
    client.query(
      submittable({
        submit: (connection) => void connection.query(statement),
        handleCopyInResponse: (connection) => void send(connection),
        handleCommandComplete({ text }) {
          rows = Number(/^COPY (\d+)/.exec(text)?.[1])
        },
        handleError(error) {
          failed ??= error
          reject(failed)
        },
        handleReadyForQuery: () => (failed ? reject(failed) : resolve(rows)),
      }),
    )

    async function send(connection: CopyConnection): Promise<void> {
      try {
        for await (const chunk of data) {
          if (failed) return
          connection.sendCopyFromChunk(chunk)
          if (connection.stream.writableNeedDrain) await drained(connection.stream)
        }
        connection.endCopyFrom()
      } catch (error) {
        failed ??= error instanceof Error ? error : new Error(String(error))
        connection.sendCopyFail('the data could not be read')
      }
    }
  })
}

type Handlers = {
  submit(connection: CopyConnection): void
  handleCopyData?(message: { chunk: Buffer }): void
  handleCopyInResponse?(connection: CopyConnection): void
  handleCommandComplete?(message: { text: string }): void
  handleError(error: Error): void
  handleReadyForQuery(): void
}

/** pg calls these by name on whatever it is running; its declarations name only the first. */
function submittable(handlers: Handlers): Submittable {
  const whole = { handleCommandComplete() {}, handleRowDescription() {}, ...handlers }
  // The connection that pg passes has the COPY calls, see CopyConnection.
  return whole as unknown as Submittable
}

function drained(stream: Connection['stream']): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.off('drain', done)
      stream.off('close', done)
      resolve()
    }
    stream.on('drain', done)
    stream.on('close', done)
  })
}
