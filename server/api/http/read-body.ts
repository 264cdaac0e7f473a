import { isUtf8 } from 'node:buffer'
import type { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { ApiProblem } from './problems.ts'

/** In bytes; most bodies fit. */
const FIRST_BLOCK = 4_096

/**
 * A body of up to so many bytes. It is copied into one block as it comes: each piece by itself would take some 350 bytes
 * of memory, and a megabyte that is sent byte by byte as many megabytes.
 * @throws ApiProblem BODY_TOO_LARGE, BODY_MALFORMED
 */
export function readBody(
  { headers }: Pick<FastifyRequest, 'headers'>,
  payload: Readable,
  limit: number,
): Promise<Buffer> {
  const told = headers['content-length'] === undefined ? undefined : Number(headers['content-length'])
  return new Promise((resolve, reject) => {
    if (told !== undefined && told > limit) return reject(new ApiProblem('BODY_TOO_LARGE'))
    let block = Buffer.allocUnsafe(FIRST_BLOCK)
    let bytes = 0
    const take = (piece: Buffer) => {
      if (bytes + piece.length > limit) return stop(new ApiProblem('BODY_TOO_LARGE'))
      if (bytes + piece.length > block.length) {
        const larger = Buffer.allocUnsafe(Math.max(block.length * 2, bytes + piece.length))
        block.copy(larger, 0, 0, bytes)
        block = larger
      }
      bytes += piece.copy(block, bytes)
    }
    const end = () =>
      told === undefined || told === bytes
        ? stop()
        : stop(new ApiProblem('BODY_MALFORMED', 'The body is not as long as its content-length says.'))
    const broken = (cause: Error) => stop(new ApiProblem('BODY_MALFORMED', 'The body broke off.', { cause }))
    function stop(problem?: ApiProblem) {
      payload.off('data', take).off('end', end).off('error', broken)
      payload.on('error', () => {}) // whoever was refused may hang up before the answer is there
      if (problem) reject(problem)
      else resolve(block.subarray(0, bytes))
    }
    payload.on('data', take).on('end', end).on('error', broken)
  })
}

/**
 * JSON is UTF-8 (RFC 8259, 8.1). Read as such, every byte of anything else would become the same letter: two names, keys
 * or passwords would be one.
 * @throws ApiProblem BODY_MALFORMED
 */
export function textOf(body: Buffer): string {
  if (!isUtf8(body)) throw new ApiProblem('BODY_MALFORMED', 'The body is not UTF-8.')
  return body.toString()
}
