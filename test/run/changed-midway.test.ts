import { sql } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { buildApp } from '../../server/app.ts'
import { buildCatalog } from '../../server/catalog.ts'
import { newId } from '../../server/store/database/ids.ts'
import { insertMember } from '../../server/store/workspace/workspaces.ts'
import { insertPerson } from '../../server/store/people/people.ts'
import { hashPassword } from '../../server/api/people/passwords.ts'
import { contactsFlow, CUSTOMER_ID } from '../support/flows.ts'
import { type Scene, setStage } from '../support/scene.ts'
import { TRACE_DAYS } from '../support/trace-days.ts'
import { API, PASSWORD, signIn } from '../api/installation.ts'

const stage = setStage()
const PAGE = 5

test('a flow that is published anew and switched off in the middle of a batch: the run ends as it began, and the next one is the new', {
  timeout: 90_000,
}, async () => {
  const scene = await stage.open({ contacts: 6 * PAGE, latencyMs: 60 })
  const { workspace, xero, emarsys } = scene
  const owner = await ownerOf(scene)
  const document = contactsFlow(PAGE)
  const flow = await workspace.flow(document)
  await owner('POST', `flows/${flow}/switch`, { on: true })
  const run = await workspace.queue(flow, document)
  await expect
    .poll(() => emarsys.requests.get('PUT /contact') ?? 0, { interval: 5, timeout: 20_000 })
    .toBeGreaterThan(0)
  const next = { ...contactsFlow(PAGE, { record: "{ '9001': ContactID, '18': 'New ' & Name }" }), name: document.name }
  const { revision } = (await owner('GET', `flows/${flow}/draft`)) as { revision: number }
  const draft = (await owner('PUT', `flows/${flow}/draft`, next, { 'if-match': `"${revision}"` })) as {
    revision: number
  }
  await owner('POST', `flows/${flow}/publish`, { summary: 'New names', revision: draft.revision })
  await owner('POST', `flows/${flow}/switch`, { on: false })
  const { rows } = await sql<{ state: string; version: number }>`
    select state, version from runs where id = ${run}
  `.execute(stage.database.owner.db)
  // Else nothing happened in its middle.
  expect(rows).toEqual([{ state: 'running', version: 1 }])

  expect(await workspace.ended(run)).toMatchObject({ state: 'succeeded', counts: { sent: 6 * PAGE } })
  for (const { id, name } of xero.state.books.contacts.ordered) {
    expect(emarsys.contacts.lookUp(CUSTOMER_ID, id)).toMatchObject([{ '18': name }])
  }
  const again = (await owner('POST', `flows/${flow}/run`, {})) as { id: string; version: number }
  expect(again.version).toBe(2)
  expect(await workspace.ended(again.id)).toMatchObject({ state: 'succeeded' })
})

/** Asks the API over the stage's database as an owner; answers what is good and throws the rest. */
async function ownerOf({ workspace }: Scene) {
  const app = await buildApp({
    config: { publicUrl: undefined, sessionHours: 12, traceDays: TRACE_DAYS, logLevel: 'silent' },
    app: stage.database.app.db,
    system: stage.database.system.db,
    keys: workspace.keys,
    evaluator: stage.evaluator,
    catalog: buildCatalog(),
    connections: workspace.connections,
  })
  onTestFinished(() => app.close())
  const id = newId()
  const email = `${id}@example.com`
  await insertPerson(stage.database.system.db, { id, email, name: 'Olive', passwordHash: await hashPassword(PASSWORD) })
  await insertMember(stage.database.system.db, workspace.id, id, 'owner')
  const cookie = await signIn(app, email, PASSWORD)
  return async (method: 'GET' | 'POST' | 'PUT', path: string, body?: object, headers: Record<string, string> = {}) => {
    const answer = await app.inject({
      ...{ method, url: `${API}/workspaces/${workspace.id}/${path}` },
      headers: { cookie, 'sec-fetch-site': 'same-origin', ...headers },
      ...(body ? { payload: body } : {}),
    })
    if (answer.statusCode >= 300) throw new Error(`${method} ${path} answered ${answer.statusCode}: ${answer.body}`)
    return answer.json() as unknown
  }
}
