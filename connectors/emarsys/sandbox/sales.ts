import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Account } from './account.ts'
import { record } from './account.ts'
import { CsvRefusal, readSalesCsv } from './csv.ts'
import { sameText } from './tokens.ts'

// The true size limit is not documented.
const MOST_BYTES = 32 * 1024 * 1024
const unzip = promisify(gunzip)

const bytesOf = async (request: FastifyRequest): Promise<Buffer> => {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
  const encoding = request.headers['content-encoding']
  if (encoding === undefined || encoding === 'identity') return body
  if (encoding !== 'gzip') throw new CsvRefusal(`Unknown content encoding: ${encoding}`)
  try {
    return await unzip(body, { maxOutputLength: 4 * MOST_BYTES })
  } catch (cause) {
    throw new CsvRefusal('The upload is not valid gzip', { cause })
  }
}

/** `POST /hapi/merchant/:merchant/sales-data/api`. Plain text answers; its static token is not that of the Core API. */
export const salesRoute = (app: FastifyInstance, account: Account): void => {
  const plain = (reply: FastifyReply, status: number, text: string) =>
    reply.code(status).type('text/plain').send(`${text}\n`)
  app.post<{ Params: { merchant: string } }>(
    '/hapi/merchant/:merchant/sales-data/api',
    { bodyLimit: MOST_BYTES },
    async (request, reply) => {
      const token = /^bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
      if (token === undefined || !sameText(token, account.credentials.salesToken))
        return plain(reply, 401, 'Unauthorized')
      if (request.params.merchant !== account.credentials.merchantId) return plain(reply, 401, 'Unauthorized')
      if (!/^text\/csv\b/i.test(request.headers['content-type'] ?? ''))
        return plain(reply, 400, 'Content-Type must be text/csv')
      const { sales, contacts } = account
      try {
        const rows = readSalesCsv(await bytesOf(request), sales.columns)
        const field = sales.identity === 'email' ? '3' : String(account.options.externalIdField)
        sales.accept(rows, account.now(), (buyer) => contacts.find(field, buyer).length > 0)
        record(account, 'sales.upload', sales.uploads, { rows: rows.length })
      } catch (error) {
        if (error instanceof CsvRefusal) return plain(reply, 400, error.message)
        throw error
      }
      return plain(reply, 200, 'Upload accepted')
    },
  )
}
