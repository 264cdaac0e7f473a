import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { inBlocks } from '../../connectors/kit/blocks.ts'
import { StepError } from '../../connectors/kit/errors.ts'
import type { HttpRequest } from '../../connectors/kit/http.ts'

export type BodyLimits = { readonly maxWire: number; readonly maxBody: number }

/**
 * Text of an answer, up to a limit on the wire and one unpacked; counts the bytes in `seen`, also when it ends early. Only
 * gzip was asked for, so nothing else is taken, and only one layer of it. It is unpacked as it comes: a bomb is given up
 * before it is there.
 */
export async function readText(
  body: AsyncIterable<Uint8Array>,
  encoding: string | undefined,
  { maxWire, maxBody }: BodyLimits,
  seen: { bytes: number },
): Promise<string> {
  const blocks = inBlocks(counted(body, seen, maxWire), BLOCK)
  if (encoding === undefined || encoding === '' || encoding === 'identity') return collected(blocks, maxBody)
  if (encoding.toLowerCase() !== 'gzip') {
    throw new StepError(
      'REPLY_UNREADABLE',
      `The answer is packed as “${encoding.slice(0, 40)}”, which was not asked for.`,
      { dialled: 'maybe' },
    )
  }
  return await unpacked(blocks, maxBody)
}

async function unpacked(packed: AsyncGenerator<Uint8Array>, maxBody: number): Promise<string> {
  const first = await packed.next()
  // An answer without content may be marked as packed all the same.
  if (first.done) return ''
  async function* whole() {
    yield first.value as Uint8Array // it is not done
    yield* packed
  }
  try {
    return await pipeline(whole, createGunzip(), (chunks: AsyncIterable<Uint8Array>) => collected(chunks, maxBody))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && String(error.code).startsWith('Z_'))) throw error
    throw new StepError('REPLY_UNREADABLE', 'The answer is packed as gzip but cannot be unpacked.', {
      cause: error,
      dialled: 'maybe',
    })
  }
}

async function collected(from: AsyncIterable<Uint8Array>, most: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of from) {
    bytes += chunk.length
    if (bytes > most) throw tooLarge(most)
    chunks.push(chunk)
  }
  return textOf(Buffer.concat(chunks))
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
  await take(inBlocks(counted(body, seen, Number.POSITIVE_INFINITY), BLOCK), seen.headers)
}

const BLOCK = 65_536

async function* counted(
  body: AsyncIterable<Uint8Array>,
  seen: { bytes: number },
  most: number,
): AsyncGenerator<Uint8Array> {
  for await (const piece of body) {
    seen.bytes += piece.length
    if (seen.bytes > most) throw tooLarge(most)
    yield piece
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
