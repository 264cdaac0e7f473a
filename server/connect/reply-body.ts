import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { StepError } from '../../connectors/kit/errors.ts'
import type { HttpRequest } from '../../connectors/kit/http.ts'

const unpack = promisify(gunzip)

/** The bytes of an answer as they come, up to a limit. Counts them in `seen`, also when it ends early. */
export async function readBody(
  body: AsyncIterable<Uint8Array>,
  maxBody: number,
  seen: { bytes: number },
): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) {
    seen.bytes += chunk.length
    if (seen.bytes > maxBody) throw tooLarge(maxBody)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Hands a file on as it comes. Its size is for whoever keeps it to limit; packed, it could be anything. */
export async function receive(
  take: NonNullable<HttpRequest['receive']>,
  body: AsyncIterable<Uint8Array>,
  seen: { bytes: number; readonly headers: { readonly [name: string]: string } },
): Promise<void> {
  const encoding = seen.headers['content-encoding'] ?? ''
  if (encoding !== '' && encoding !== 'identity') {
    throw new StepError(
      'REPLY_UNREADABLE',
      `The file is packed as “${encoding.slice(0, 40)}”, which was not asked for.`,
    )
  }
  async function* counted() {
    for await (const chunk of body) {
      seen.bytes += chunk.length
      yield chunk
    }
  }
  await take(counted(), seen.headers)
}

/** Text of an answer. Only gzip was asked for, so nothing else is taken, and only one layer of it. */
export async function decoded(bytes: Buffer, encoding: string | undefined, maxBody: number): Promise<string> {
  if (encoding === undefined || encoding === '' || encoding === 'identity' || bytes.length === 0) return textOf(bytes)
  if (encoding.toLowerCase() !== 'gzip') {
    throw new StepError(
      'REPLY_UNREADABLE',
      `The answer is packed as “${encoding.slice(0, 40)}”, which was not asked for.`,
      {
        dialled: 'maybe',
      },
    )
  }
  try {
    return textOf(await unpack(bytes, { maxOutputLength: maxBody }))
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge(maxBody)
    throw new StepError('REPLY_UNREADABLE', 'The answer is packed as gzip but cannot be unpacked.', {
      cause: error,
      dialled: 'maybe',
    })
  }
}

/** Without the byte order mark that some servers put in front. */
const textOf = (bytes: Buffer) => bytes.toString('utf8').replace(/^\uFEFF/, '')

const tooLarge = (limit: number) =>
  new StepError(
    'REPLY_TOO_LARGE',
    `The answer is larger than ${Math.round(limit / 1_000_000)} MB. Ask for less at a time.`,
    {
      dialled: 'maybe',
    },
  )
