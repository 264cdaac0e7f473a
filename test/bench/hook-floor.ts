import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fastify } from 'fastify'
import jsonata from 'jsonata'
import { Agent, request as dial } from 'undici'
import { startPostgres } from '../../server/postgres/embedded.ts'
import { openDatabase } from '../../server/store/database/database.ts'

/**
 * The floor of hooks: a bare Fastify program that maps an event, writes one row and makes one call, then answers. It
 * knows no repeats, keeps no trace and loses what it had in hand. `node hook-floor.ts <remote> <expression>`.
 */
const [remote, expression = '$'] = process.argv.slice(2)
const dataDir = await mkdtemp(join(tmpdir(), 'tieline-floor-'))
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }
const postgres = await startPostgres({ dataDir, log: silent, testing: false })
const { pool, close } = openDatabase({ url: postgres.url, max: 16 })
await pool.query('create table events (id bigint generated always as identity primary key, body jsonb not null)')
const map = jsonata(expression)
const agent = new Agent({ connections: 16 })
const app = fastify()
app.post('/hook', async (request, reply) => {
  const mapped: unknown = await map.evaluate(request.body)
  await pool.query('insert into events (body) values ($1)', [JSON.stringify(request.body)])
  const answer = await dial(`${remote}/api/v3/contact/?create_if_not_exists=1`, {
    method: 'PUT',
    dispatcher: agent,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ key_id: '9001', contacts: [mapped] }),
  })
  await answer.body.text()
  return reply.code(202).send({ ok: true })
})
console.log(await app.listen({ host: '127.0.0.1', port: 0 }))
process.once('SIGTERM', async () => {
  await app.close()
  await agent.close()
  await close()
  await postgres.stop()
  await rm(dataDir, { recursive: true, force: true })
})
