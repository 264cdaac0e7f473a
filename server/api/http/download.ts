import { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import type { Transaction } from 'kysely'
import type { Database } from '../../store/database/schema.ts'
import { stillLetIn } from './access.ts'
import { type AppParts, inTenant } from './parts.ts'

/** Reads what a download goes on with. @throws ApiProblem if whoever began it would not get it any more */
export type Pages = <T>(work: (tx: Transaction<Database>, workspace: string) => Promise<T>) => Promise<T>

/**
 * A download, made a page at a time while it is read, and before each page it is asked whether whoever began it would be
 * let in now. One that ends otherwise than by its last page ends without a last word: its connection is cut, so that no
 * reader takes the part for the whole.
 */
export function download(
  parts: AppParts,
  request: { readonly params: { readonly workspace: string } },
  pieces: (pages: Pages) => AsyncIterable<string | Uint8Array>,
): Readable {
  const asking = request as typeof request & FastifyRequest // handlers hand on the request they were given
  return Readable.from(
    pieces(async (work) => {
      await stillLetIn(asking, parts)
      return inTenant(parts, request, work)
    }),
  )
}
