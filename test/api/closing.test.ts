import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { signAnchor } from '../../server/audit/anchor.ts'
import { canonical, INSTALLATION } from '../../server/audit/chain.ts'
import { deleteClosed, deleteWorkspace } from '../../server/close/delete-closed.ts'
import { mailBy } from '../../server/mail.ts'
import { LeaseLost } from '../../server/run/journal/journal.ts'
import { claimRun } from '../../server/store/run/claims.ts'
import { beginDeletion, tenantTables } from '../../server/store/offboarding/deletions.ts'
import { fireDue } from '../../server/store/run/due.ts'
import { newId } from '../../server/store/database/ids.ts'
import { createJournal } from '../../server/store/journal/journal.ts'
import { open } from '../../server/store/key/secrets.ts'
import { type MailServer, startMail } from '../../connectors/email/sandbox/mail-server.ts'
import { readMail } from '../../connectors/email/sandbox/read-mail.ts'
import { emptyBatch } from '../support/empty-batch.ts'
import { purchasesFlow } from '../support/flows.ts'
import { setStage } from '../support/scene.ts'
import type { Workspace } from '../support/workspace.ts'
import { type Caller, type Installation, install } from './installation.ts'
import { CHILD_ENV } from '../support/child-env.ts'

// A workspace with real runs is closed, taken back, closed again and deleted, beside one that must not notice.

const stage = setStage()
const LONG = { timeout: 180_000 }
const log = { info: () => undefined, warn: () => undefined }
let it: Installation
let post: MailServer

beforeAll(async () => {
  post = await startMail()
  const mail = mailBy(`smtp://127.0.0.1:${post.port}`, 'tieline@example.com')
  it = await install({ database: stage.database, mail })
})
afterAll(async () => {
  await it.close()
  await post.close()
})

const owners = () => stage.database.owner.db

/** Rows by table, and a hash over all that they say. */
async function content(workspace: string): Promise<{ counts: { [table: string]: number }; hash: string }> {
  const counts: { [table: string]: number } = {}
  const hash = createHash('sha256')
  for (const table of await tenantTables(owners())) {
    const { rows } = await sql<{ n: number; all: string | null }>`
      select count(*)::int as n, md5(string_agg(md5(t::text), '' order by md5(t::text))) as all
      from ${sql.table(table)} t where workspace_id = ${workspace}
    `.execute(owners())
    if (rows[0]?.n) counts[table] = rows[0].n
    hash.update(`${table} ${rows[0]?.all}`)
  }
  return { counts, hash: hash.digest('hex') }
}

/** What `npm run audit:verify` says, given anchors. */
async function verified(anchors: readonly object[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'tieline-closing-'))
  writeFileSync(join(folder, 'audit-anchors.jsonl'), anchors.map((one) => `${JSON.stringify(one)}\n`).join(''))
  const { url, secretKey } = stage.database
  const env = { ...CHILD_ENV, DATABASE_URL: url, DATA_DIR: folder, SECRET_KEY: secretKey.toString('hex') }
  const program = fileURLToPath(new URL('../../server/commands/audit-verify.ts', import.meta.url))
  const said = await promisify(execFile)(process.execPath, [program], { env }).catch((error: unknown) => error)
  rmSync(folder, { recursive: true })
  return (said as { stdout: string }).stdout
}

/** Runs that may still write. */
async function atWork(workspace: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from runs where workspace_id = ${workspace} and state in ('queued', 'running')
  `.execute(owners())
  return rows[0]?.n ?? -1
}

const timeIsOver = (workspace: string) =>
  sql`update workspaces set delete_after = now() - interval '1 minute' where id = ${workspace}`.execute(owners())

/** Somebody goes through the sign-in of a connection in the browser, and agrees. */
async function consentTo(workspace: Workspace, xero: { url: string }, id: string): Promise<void> {
  const back = 'http://localhost:3000/back'
  const url = await workspace.connections.authorizeUrl(workspace.id, id, back, 'the-state')
  const consent = await fetch(`${xero.url}/identity/connect/authorize`, {
    method: 'POST',
    body: new URLSearchParams([...new URL(url).searchParams, ['decision', 'allow']]),
    redirect: 'manual',
  })
  const code = new URL(consent.headers.get('location') ?? '').searchParams.get('code') ?? ''
  await workspace.connections.exchangeCode(workspace.id, id, code, back, AbortSignal.timeout(15_000))
}

/** Somebody signs in at the sandbox's organisation; answers the refresh token that this gave. */
async function signInAt(workspace: Workspace, xero: { url: string; clientId: string; clientSecret: string }) {
  const settings = { identityUrl: xero.url, loginUrl: xero.url, apiUrl: xero.url }
  const { clientId, clientSecret } = xero
  const id = await workspace.connect('xero', 'oauth-code', settings, { clientId, clientSecret })
  await consentTo(workspace, xero, id)
  const row = await owners().selectFrom('connections').select('tokens').where('id', '=', id).executeTakeFirstOrThrow()
  const tokens = open(workspace.keys, `connections/${workspace.id}/${id}/tokens`, row.tokens!).toString()
  return { id, refresh: (JSON.parse(tokens) as { refresh: string }).refresh }
}

test('a workspace is closed, can be taken back, and is then gone but for its record', LONG, async () => {
  const scene = await stage.open({ contacts: 30, invoices: 40 })
  const { workspace } = scene
  const document = purchasesFlow()
  const flow = await workspace.flow(document)
  expect((await workspace.run(flow, document)).state).toBe('succeeded')
  // The same organisation, so that the neighbour's custom connection must not be what keeps it.
  const signedIn = await signInAt(workspace, scene.xero)
  const neighbour = await stage.join(scene)
  const theirs = await neighbour.flow(document)
  expect((await neighbour.run(theirs, document)).state).toBe('succeeded')

  const at = `/workspaces/${workspace.id}`
  const [owner, client] = [await it.member(workspace.id, 'owner'), await it.member(workspace.id, 'client')]
  const partner = await it.member(workspace.id, 'owner')
  const elsewhere = await it.workspace('Agency')
  await sql`insert into members (workspace_id, user_id, role) values (${elsewhere}, ${owner.id}, 'owner')`.execute(
    owners(),
  )
  const token = it.withToken((await owner.call('POST', `${at}/tokens`, { name: 'Build' })).json().secret)
  await owner.call('POST', `${at}/invitations`, { email: 'late@example.com', role: 'client' })
  await sql`update flows set enabled = true where id in (${flow}, ${theirs})`.execute(owners())
  await sql`insert into schedules (workspace_id, flow_id, node_id, settings, next_due)
    values (${workspace.id}, ${flow}, 'start', '{"every": {"minutes": 5}}', now() - interval '1 second')`.execute(
    owners(),
  )

  // What it would do, and who may.
  const before = (await owner.call('GET', `${at}/closing`)).json()
  expect(before).toMatchObject({
    state: 'open',
    graceDays: 30,
    people: 3,
    peopleOnlyHere: 2,
    tokens: 1,
    invitations: 1,
  })
  expect(before.flows).toEqual([{ id: flow, name: document.name }])
  expect(before).toMatchObject({ exceptions: 0, unknown: 0, doubts: [] })
  expect(before.connections).toContainEqual({ name: 'xero', connector: 'xero', signedIn: true })
  expect((await client.call('GET', `${at}/closing`)).json().code).toBe('NOT_ALLOWED')
  expect((await token.call('POST', `${at}/closing`, { name: 'Test' })).json().code).toBe('STEP_UP_REQUIRED')
  expect((await owner.call('POST', `${at}/closing`, { name: 'test' })).json().code).toBe('NAME_DIFFERENT')
  expect((await owner.call('DELETE', `${at}/closing`)).json().code).toBe('WORKSPACE_OPEN')

  const closed = await owner.call('POST', `${at}/closing`, { name: 'Test' })
  expect(closed.json()).toMatchObject({ state: 'closing', closedBy: 'A owner', runs: 0, invitations: 0 })
  const days = (Date.parse(closed.json().deleteAfter) - Date.parse(closed.json().closedAt)) / 86_400_000
  expect(days).toBeCloseTo(30)
  await expect.poll(() => post.received.map(({ to }) => to)).toEqual([[partner.email]])
  const day = closed.json().deleteAfter.slice(0, 10)
  expect(readMail(post.received[0]!.raw).text.replace(/\s+/g, ' ')).toContain(`deleted after ${day}`)

  // Everything is off and read-only.
  const { xero } = workspace
  const refusals = [
    await owner.call('POST', `${at}/flows/${flow}/run`, {}),
    await owner.call('POST', `${at}/flows/${flow}/switch`, { on: true }),
    await owner.call('POST', `${at}/connections/${xero}/test`),
    await owner.call('GET', `${at}/connections/${xero}/options/accounts`),
    await owner.call('POST', `${at}/closing`, { name: 'Test' }),
    await token.call('POST', `${at}/flows/${flow}/run`, {}),
    await client.call('POST', `${at}/flows/${flow}/reports`, {}),
  ]
  expect(refusals.map((answer) => [answer.statusCode, answer.json().code])).toEqual(
    refusals.map(() => [409, 'WORKSPACE_CLOSING']),
  )
  expect((await owner.call('GET', `${at}/runs`)).json().items.length).toBeGreaterThan(0)
  // What is hidden may be read with a reason, and what is wrong with a flow be asked; neither is a change.
  const [run] = (await owner.call('GET', `${at}/runs`)).json().items
  const [step] = (await owner.call('GET', `${at}/runs/${run.id}/batches?node=invoices`)).json().items
  const revealed = await owner.call('POST', `${at}/runs/${run.id}/payload/reveal`, {
    ...{ node: 'invoices', batch: step.batch, kind: 'out:out', reason: 'What to take along' },
  })
  expect([revealed.statusCode, revealed.statusCode < 300 ? '' : revealed.body]).toEqual([200, ''])
  expect((await owner.call('POST', `${at}/flows/${flow}/validate`)).statusCode).toBe(200)
  expect((await owner.call('GET', `${at}/export`)).statusCode).toBe(200)
  const { workspaces } = (await owner.call('GET', '/me')).json()
  expect(workspaces.find(({ id }: { id: string }) => id === workspace.id).deleteAfter).toBe(closed.json().deleteAfter)
  // Access can be taken away still.
  expect((await owner.call('DELETE', `${at}/tokens/${newId()}`)).statusCode).toBe(404)
  // What stands in the queue all the same, and what is due, starts nothing.
  await sql`insert into runs (workspace_id, id, flow_id, version, cause, cause_node, start, trace_class)
    values (${workspace.id}, gen_random_uuid(), ${flow}, 1, 'manual', 'start', '{"kind": "trigger"}', 'standard')`.execute(
    owners(),
  )
  const ask = { workspace: workspace.id, lane: 'live' as const, worker: 'w', leaseSeconds: 5 }
  expect((await claimRun(stage.database.system.db, ask)).run).toBeUndefined()
  expect(await fireDue(stage.database.system.db, 100, () => new Date(Date.now() + 300_000))).toBe(0)
  await sql`delete from runs where workspace_id = ${workspace.id} and state = 'queued'`.execute(owners())
  // Its time is not over: nothing is deleted.
  const parts = { app: stage.database.app.db, connections: workspace.connections, log }
  await deleteClosed(parts).run(stage.database.system.db)
  expect((await owner.call('GET', `${at}/closing`)).json().state).toBe('closing')

  const opened = await owner.call('DELETE', `${at}/closing`)
  expect(opened.json()).toMatchObject({ state: 'open', flows: [{ id: flow, name: document.name }], deleteAfter: null })
  expect((await owner.call('GET', `${at}/flows/${flow}`)).json().enabled).toBe(false)
  expect((await owner.call('POST', `${at}/flows/${flow}/run`, {})).statusCode).toBe(202)

  // Again, and for good.
  expect((await owner.call('POST', `${at}/closing`, { name: 'Test' })).statusCode).toBe(200)
  const head = await owners()
    .selectFrom('audit_heads')
    .selectAll()
    .where('workspace_id', '=', workspace.id)
    .executeTakeFirstOrThrow()
  await timeIsOver(workspace.id)
  // The run that began meanwhile may settle the batch that it has in hand. Any worker may have it, the neighbour's too.
  await expect.poll(() => atWork(workspace.id), { timeout: 60_000 }).toBe(0)
  const mine = await content(workspace.id)
  const others = await content(neighbour.id)
  // Xero is the neighbour's too: without it, what was given to this workspace is given back.
  await sql`update connections set pinned = '{}' where workspace_id = ${neighbour.id}`.execute(owners())
  const othersNow = await content(neighbour.id)
  expect(othersNow.counts).toEqual(others.counts)
  await expect
    .poll(() => deleteWorkspace(parts, stage.database.system.db, workspace.id), { timeout: 60_000 })
    .toBe(true)

  expect(await content(workspace.id)).toMatchObject({ counts: {} })
  expect(await content(neighbour.id)).toEqual(othersNow)
  expect((await owner.call('GET', `${at}/flows`)).statusCode).toBe(404)
  expect((await client.call('GET', '/me')).statusCode).toBe(401)
  expect((await owner.call('GET', '/me')).json().workspaces).toMatchObject([{ id: elsewhere }])
  expect((await token.call('GET', `${at}/flows`)).statusCode).toBe(401)

  const record = (await owner.call('GET', `/deletions/${workspace.id}`)).json()
  expect(record).toMatchObject({
    workspace: workspace.id,
    name: 'Test',
    askedBy: owner.id,
    counts: mine.counts,
    accounts: 2,
  })
  expect(record.audit).toEqual({ sequence: head.sequence, hash: head.hash.toString('hex') })
  expect(record.connections).toContainEqual({ connector: 'xero', outcome: 'revoked', reason: null })
  const { hash, ...hashed } = record
  expect(hash).toBe(createHash('sha256').update(canonical(hashed)).digest('hex'))
  expect(JSON.stringify(record)).not.toMatch(/@|A owner/)
  expect((await owner.call('GET', '/deletions')).json().items).toEqual([record])
  const stranger = await it.member(elsewhere, 'owner')
  expect((await stranger.call('GET', `/deletions/${workspace.id}`)).statusCode).toBe(404)
  const said = await owners()
    .selectFrom('audit_entries')
    .select(['detail', 'subject'])
    .where('workspace_id', '=', INSTALLATION)
    .where('action', '=', 'workspace.deleted')
    .execute()
  expect(said).toMatchObject([{ subject: { workspace: workspace.id }, detail: { record: hash, audit: record.audit } }])

  // Who verifies the log is told that it went with its workspace; one that goes on after that end is a fault.
  const root = stage.database.secretKey
  const anchors = [{ at: new Date().toISOString(), workspace: workspace.id, ...record.audit }]
  expect(await verified(anchors.map((anchor) => signAnchor(root, anchor)))).toContain(
    `${workspace.id}: deleted with its workspace, as the log of the installation says; it ended with entry ${head.sequence}`,
  )
  const later = { ...anchors[0]!, sequence: Number(head.sequence) + 1 }
  expect(await verified([signAnchor(root, later)])).toContain(`${workspace.id}: NOT WHOLE at entry ${later.sequence}`)

  const { clientId, clientSecret, url } = scene.xero
  const renewed = await fetch(`${url}/connect/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: signedIn.refresh }),
  })
  expect(await renewed.json()).toEqual({ error: 'invalid_grant' })
})

test('a workspace is closed by its name as it is read: blanks at its ends, or several in it, show on no page', async () => {
  const workspace = await it.workspace(' Müller  & Söhne\u00a0')
  const owner = await it.member(workspace, 'owner')
  const close = async (name: string) => (await owner.call('POST', `/workspaces/${workspace}/closing`, { name })).json()
  for (const name of ['Müller', 'müller & Söhne', 'Müller &Söhne'])
    expect(await close(name)).toMatchObject({ code: 'NAME_DIFFERENT' })
  expect(await close('Mu\u0308ller & Söhne')).toMatchObject({ state: 'closing' })
})

test('a deletion that is killed in the middle goes on where it was, and counts each row once', LONG, async () => {
  const scene = await stage.open({ contacts: 10, invoices: 10 })
  const { id } = scene.workspace
  const document = purchasesFlow(5)
  const flow = await scene.workspace.flow(document)
  await scene.workspace.run(flow, document)
  await scene.workspace.worker.stop()
  // A worker takes one more, and stands still for longer than its lease.
  await scene.workspace.queue(flow, document)
  const ask = { workspace: id, lane: 'live' as const, worker: 'asleep', leaseSeconds: 0 }
  const { run: asleep } = await claimRun(stage.database.system.db, ask)
  const journal = createJournal({ db: stage.database.app.db, keys: scene.workspace.keys, leaseSeconds: 1 }, asleep!)
  const owner: Caller = await it.member(id, 'owner')
  const elsewhere = await it.workspace('Agency')
  await sql`insert into members (workspace_id, user_id, role) values (${elsewhere}, ${owner.id}, 'owner')`.execute(
    owners(),
  )
  await owner.call('POST', `/workspaces/${id}/closing`, { name: 'Test' })
  await timeIsOver(id)
  const { counts } = await content(id)
  const rows = Object.values(counts).reduce((sum, one) => sum + one, 0)

  // It wakes when the deletion has begun, and nobody else has taken its run over.
  expect(await beginDeletion(stage.database.system.db, id)).toBe(true)
  await expect(journal.settle(emptyBatch('contacts', scene.workspace.xero))).rejects.toThrow(LeaseLost)
  expect((await content(id)).counts).toEqual(counts)

  const { appUrl, systemUrl } = stage.database
  const script = fileURLToPath(new URL('../support/delete-process.ts', import.meta.url))
  const deleted = async () => {
    const row = await owners().selectFrom('deletions').select('counts').where('workspace', '=', id).executeTakeFirst()
    return Object.values(row?.counts ?? {}).reduce((sum, one) => sum + one, 0)
  }
  // It comes no further than to a row that somebody holds.
  await owners()
    .transaction()
    .execute(async (tx) => {
      await sql`select 1 from flows where workspace_id = ${id} for update`.execute(tx)
      const order = JSON.stringify({ appUrl, systemUrl, workspace: id })
      const child = spawn(process.execPath, [script, order], { stdio: 'inherit' })
      const ended = once(child, 'exit')
      await expect.poll(deleted, { timeout: 60_000 }).toBeGreaterThan(10)
      child.kill('SIGKILL')
      await ended
    })
  const halfway = await deleted()
  expect(halfway).toBeLessThan(rows)

  expect((await owner.call('GET', `/workspaces/${id}/runs`)).json().code).toBe('WORKSPACE_GONE')
  expect((await owner.call('DELETE', `/workspaces/${id}/closing`)).statusCode).toBe(410)
  const parts = { app: stage.database.app.db, connections: scene.workspace.connections, log, batch: 7 }
  expect(await deleteWorkspace(parts, stage.database.system.db, id)).toBe(true)
  expect((await owner.call('GET', `/deletions/${id}`)).json().counts).toEqual(counts)
  expect((await content(id)).counts).toEqual({})
})

test(
  'a connection gives its sign-in back when it is deleted, and is renewed by a client only when it has run out',
  LONG,
  async () => {
    const scene = await stage.open({ contacts: 3, invoices: 3, withoutWorker: true })
    const { xero, workspace } = scene
    const here = await install({ database: stage.database, egressAllow: [new URL(xero.url).host] })
    try {
      const [owner, client] = [await here.member(workspace.id, 'owner'), await here.member(workspace.id, 'client')]
      const at = `/workspaces/${workspace.id}/connections`
      const first = await signInAt(workspace, xero)
      const second = await signInAt(workspace, xero)
      await sql`update connections set pinned = '{}' where id = ${workspace.xero}`.execute(owners())

      // Its end is known and announced; who only renews may do so when it is near, and nothing else.
      const end = () => owner.call('GET', `${at}/${first.id}`).then((answer) => answer.json().ends)
      const in60 = new Date(Date.now() + 59 * 86_400_000).toISOString().slice(0, 10)
      expect(await end()).toMatchObject({ on: in60, why: 'A sign-in that is not used ends after 60 days.' })
      const refused = await client.call('POST', `${at}/${first.id}/authorize`)
      expect(refused.json()).toMatchObject({ code: 'NOT_ALLOWED', detail: expect.stringContaining('renews a sign-in') })
      const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
      await owner.call('PATCH', `${at}/${first.id}`, { validUntil: tomorrow })
      expect(await end()).toMatchObject({ on: tomorrow })
      expect((await client.call('POST', `${at}/${first.id}/authorize`)).json().url).toContain(
        '/identity/connect/authorize',
      )
      expect((await client.call('PATCH', `${at}/${first.id}`, { name: 'Mine' })).json().code).toBe('NOT_ALLOWED')
      await sql`update connections set state = 'sign-in-needed', pinned = '{}' where id = ${first.id}`.execute(owners())
      expect((await client.call('POST', `${at}/${first.id}/authorize`)).json().code).toBe('NOT_ALLOWED')
      await sql`update connections set state = 'ready', valid_until = null, pinned = (
      select pinned from connections where id = ${second.id}) where id = ${first.id}`.execute(owners())

      // Signed in again, it stays with its organisation, and what it had stays.
      const generation = () =>
        sql<{ n: number }>`select token_generation as n from connections where id = ${first.id}`
          .execute(owners())
          .then(({ rows }) => rows[0]!.n)
      const before = await generation()
      await sql`update connections set pinned = pinned || '{"tenantId": "another"}' where id = ${first.id}`.execute(
        owners(),
      )
      await expect(consentTo(workspace, xero, first.id)).rejects.toMatchObject({
        code: 'TENANT_GONE',
        message: expect.stringContaining('leads to another account than before (Id of the organisation (tenant id))'),
      })
      expect(await generation()).toBe(before)
      await sql`update connections set pinned = (
      select pinned from connections where id = ${second.id}) where id = ${first.id}`.execute(owners())
      await consentTo(workspace, xero, first.id)
      expect(await generation()).toBe(before + 1)

      // Of two to one organisation the first leaves the other its sign-in.
      expect((await owner.call('DELETE', `${at}/${first.id}`)).json()).toEqual({ signIn: 'used-elsewhere' })
      expect((await owner.call('POST', `${at}/${second.id}/test`)).json().ok).toBe(true)
      const disconnected = await owner.call('POST', `${at}/${second.id}/disconnect`)
      expect(disconnected.json()).toMatchObject({ state: 'sign-in-needed', secretsSet: [], signedIn: false })
      expect(disconnected.json().stateMessage).toContain('Disconnected by A owner')
      const log = (await owner.call('GET', `/workspaces/${workspace.id}/audit?action=connection.disconnect`)).json()
      expect(log.items[0].detail).toMatchObject({ signIn: 'revoked' })

      // Nobody there: nothing changes, unless it is to go on anyway.
      const third = await signInAt(workspace, xero)
      await xero.close()
      const lost = await owner.call('DELETE', `${at}/${third.id}`)
      expect(lost.json()).toMatchObject({
        code: 'REMOTE_FAILED',
        detail: expect.stringContaining('nothing was changed'),
      })
      expect((await owner.call('GET', `${at}/${third.id}`)).json().signedIn).toBe(true)
      expect((await owner.call('DELETE', `${at}/${third.id}?anyway=true`)).json()).toEqual({ signIn: 'not-revoked' })
    } finally {
      await here.close()
    }
  },
)
