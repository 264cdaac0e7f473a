import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { xero as connector } from '../../connectors/xero/index.ts'
import type { ReadOperation } from '../../connectors/kit/connector.ts'
import type { OpenConnection } from '../../server/connect/connections.ts'
import { createConnections } from '../../server/connect/service.ts'
import { loadConnection } from '../../server/store/connection/connection-state.ts'
import { openTokenDoor } from '../proof/token-door.ts'
import { tokenKills } from '../proof/token-kills.ts'
import { type Scene, setStage } from '../support/scene.ts'
import { consent, exchange, signIn, unsigned } from '../support/xero-sign-in.ts'

// Tokens are kept by one and used by many; signing in goes through the browser.

const stage = setStage()
const soon = () => AbortSignal.timeout(60_000)

const stored = async ({ workspace }: Scene, connection: string) =>
  (await loadConnection(stage.database.app.db, workspace.keys, workspace.id, connection))!

const organisation = connector.operations.find((one) => one.name === 'get-organisation') as ReadOperation

/** What people see of a connection. */
const shown = (connection: string) =>
  stage.database.owner.db
    .selectFrom('connections')
    .select(['state', 'state_message'])
    .where('id', '=', connection)
    .executeTakeFirstOrThrow()

/** Reads the organisation's name over an open connection. */
async function nameOver(open: OpenConnection): Promise<unknown> {
  const context = { ...open.context(soon()), settings: {} as never }
  for await (const page of organisation.read(context, undefined)) return page.records[0]?.Name
  return undefined
}

test('signing in by code pins the organisation, and the connection works', async () => {
  const scene = await stage.open({ contacts: 1, withoutWorker: true })
  const connection = await unsigned(scene)
  await expect(scene.workspace.connections.open(scene.workspace.id, connection)).rejects.toMatchObject({
    code: 'LOGIN_REFUSED',
  })
  await signIn(scene, connection)
  expect(await stored(scene, connection)).toMatchObject({
    generation: 1,
    pinned: { tenantId: scene.xero.tenantId, baseCurrency: 'GBP' },
    settings: { tenantId: scene.xero.tenantId, organisation: 'Sandbox Trading Ltd' },
    tokens: { refresh: expect.any(String) },
  })
  const open = await scene.workspace.connections.open(scene.workspace.id, connection)
  expect(await nameOver(open)).toBe('Sandbox Trading Ltd')
})

test('a code that was used or made up is refused, and changes nothing', async () => {
  const scene = await stage.open({ contacts: 1, withoutWorker: true })
  const connection = await unsigned(scene)
  const code = await consent(scene, connection)
  await exchange(scene, connection, code)
  const before = await stored(scene, connection)
  await expect(exchange(scene, connection, code)).rejects.toMatchObject({ code: 'LOGIN_REFUSED' })
  await expect(exchange(scene, connection, 'made-up')).rejects.toMatchObject({ code: 'LOGIN_REFUSED' })
  expect(await stored(scene, connection)).toEqual(before)
})

test('signing in to another organisation is refused, and the old sign-in goes on', async () => {
  const scene = await stage.open({ contacts: 1, withoutWorker: true })
  const connection = await unsigned(scene)
  await signIn(scene, connection)
  const before = await stored(scene, connection)
  const own = scene.xero.tenantId
  // The person picks another organisation of theirs on Xero's page.
  scene.xero.disconnect()
  Object.assign(scene.xero.state, { tenantId: '99999999-9999-4999-8999-999999999999' })
  await expect(signIn(scene, connection)).rejects.toMatchObject({ code: 'TENANT_GONE' })
  expect(await stored(scene, connection)).toEqual(before)
  expect(before.pinned.tenantId).toBe(own)
})

test('twenty processes with one expired token: one of them renews it, and all go on with what is stored', async () => {
  const scene = await stage.open({ contacts: 1, withoutWorker: true })
  const { workspace, xero } = scene
  const connection = await unsigned(scene)
  await signIn(scene, connection)
  const processes = Array.from({ length: 20 }, () =>
    createConnections({
      db: stage.database.app.db,
      keys: workspace.keys,
      connectors: [connector],
      egressAllow: [new URL(xero.url).host],
    }),
  )
  try {
    const open = await Promise.all(processes.map((one) => one.open(workspace.id, connection)))
    const requests = () => xero.requests.byRoute.get('POST /connect/token') ?? 0
    for (let round = 1; round <= 3; round++) {
      const before = requests()
      const { generation } = await stored(scene, connection)
      xero.expireTokens()
      const names = await Promise.all(open.map(nameOver))
      expect(names).toEqual(names.map(() => 'Sandbox Trading Ltd'))
      expect(requests() - before).toBe(1)
      const after = await stored(scene, connection)
      expect(after.generation).toBe(generation + 1)
      // The one that Xero gave last is the one that is kept.
      expect(xero.state.tokens.find(after.tokens!.access)!.expires).toBeGreaterThan(xero.state.clock.now())
    }
  } finally {
    await Promise.all(processes.map((one) => one.close()))
  }
})

/** The connections of another process: only the database is shared. */
function another({ workspace, xero }: Scene, ...more: readonly string[]) {
  const egressAllow = [xero.url, ...more].map((url) => new URL(url).host)
  const made = createConnections({
    db: stage.database.app.db,
    keys: workspace.keys,
    connectors: [connector],
    egressAllow,
  })
  return { ...made, [Symbol.asyncDispose]: () => made.close() }
}

test('a process that is one renewal behind takes the newer token, and renews that too when it is refused', async () => {
  const scene = await stage.open({ contacts: 1, withoutWorker: true })
  const { workspace, xero } = scene
  const connection = await unsigned(scene)
  await signIn(scene, connection)
  await using other = another(scene)
  const here = await workspace.connections.open(workspace.id, connection)
  xero.expireTokens()
  expect(await nameOver(await other.open(workspace.id, connection))).toBe('Sandbox Trading Ltd')
  const { generation } = await stored(scene, connection)
  xero.expireTokens()
  // It knows the first of three tokens; the second is in the database and refused as well.
  expect(await nameOver(here)).toBe('Sandbox Trading Ltd')
  expect((await stored(scene, connection)).generation).toBe(generation + 1)
})

test('the late refusal of old tokens says nothing of a new sign-in, and who asked goes on with that', async () => {
  const scene = await stage.open({ contacts: 1, withoutWorker: true })
  const { workspace, xero } = scene
  const connection = await unsigned(scene)
  await signIn(scene, connection)
  const door = await openTokenDoor(xero.url)
  try {
    await sql`
      update connections set settings = settings || ${JSON.stringify({ identityUrl: door.url })}::jsonb where id = ${connection}
    `.execute(stage.database.owner.db)
    await using connections = another(scene, door.url)
    const through = { ...scene, workspace: { ...workspace, connections } }
    const open = await connections.open(workspace.id, connection)
    const { tokens } = await stored(scene, connection)
    xero.state.tokens.revoke(tokens!.refresh!)
    const refused = Promise.withResolvers<void>()
    const told = Promise.withResolvers<void>()
    door.beforeNext(() => {
      refused.resolve()
      return told.promise
    })
    const name = nameOver(open)
    await refused.promise
    await signIn(through, connection)
    told.resolve()
    expect(await name).toBe('Sandbox Trading Ltd')
    expect(door.answers).toEqual({ 400: 1, 200: 1 })
    expect(await shown(connection)).toEqual({ state: 'ready', state_message: null })
  } finally {
    await door.close()
  }
})

// The short form of test/long/tokens.ts.
test('a process killed between the answer and the commit of new tokens costs 200 callers nothing', {
  timeout: 180_000,
}, async () => {
  expect(await tokenKills(stage, { rounds: 2, processes: 4, callers: 50, fullClaims: 0 })).toEqual({
    ...{ rounds: 2, expiries: 400, kept: 0 },
    answers: { 200: 300 },
    tokenAnswers: { 200: 4 },
    lost: 0,
  })
})

test('a connection that was opened is not read again until something is written to its row', async () => {
  const { workspace } = await stage.open({ contacts: 1, withoutWorker: true })
  const { connections, id, xero } = workspace
  const open = (revision: string) => connections.open(id, xero, revision)
  // The first time asks whose account it is, and writes that down.
  await open('0')
  const first = await open('1')
  expect(await nameOver(first)).toBe('Sandbox Trading Ltd')
  await sql`update connections set settings = settings || '{"callsPerDay": 7}' where id = ${xero}`.execute(
    stage.database.owner.db,
  )
  expect(await open('1')).toBe(first)
  expect((await open('2')).connection).toMatchObject({ callsPerDay: 7 })
  // Whoever names no state of it gets the newest.
  expect((await connections.open(id, xero)).connection).toMatchObject({ callsPerDay: 7 })
})

test('who stops waiting for a new token leaves alone: others on the same login get it', async () => {
  const { workspace } = await stage.open({ contacts: 1, withoutWorker: true })
  const { connections, id, xero } = workspace
  // The first time asks whose account it is, and writes that down.
  await connections.open(id, xero)
  await workspace.forgetTokens(xero)
  // Runs of one process share what it has opened.
  const open = await connections.open(id, xero, '1')
  const run = new AbortController()
  const first = open.generation(run.signal)
  const second = open.generation(soon())
  run.abort(new Error('this run was cancelled'))
  await expect(first).rejects.toThrow('this run was cancelled')
  expect(await second).toBeGreaterThan(0)
  expect(await nameOver(open)).toBe('Sandbox Trading Ltd')
})

test('a consent that was taken back asks for a new sign-in, which puts everything right', async () => {
  const scene = await stage.open({ contacts: 1, withoutWorker: true })
  const { workspace, xero } = scene
  const connection = await unsigned(scene)
  await signIn(scene, connection)
  const { tokens } = await stored(scene, connection)
  xero.state.tokens.revoke(tokens!.refresh!)
  const open = await workspace.connections.open(workspace.id, connection)
  await expect(nameOver(open)).rejects.toMatchObject({ code: 'LOGIN_REFUSED' })
  expect(await shown(connection)).toMatchObject({
    state: 'sign-in-needed',
    state_message: expect.stringContaining('again'),
  })
  await signIn(scene, connection)
  expect(await shown(connection)).toEqual({ state: 'ready', state_message: null })
  expect(await nameOver(await workspace.connections.open(workspace.id, connection))).toBe('Sandbox Trading Ltd')
})
