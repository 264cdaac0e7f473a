import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../server/store/database/ids.ts'
import { type Caller, type Installation, install, publishedFlow } from './installation.ts'

// Runs and exceptions are found by what stands in the words of their errors, as these are shown.

let it: Installation
let workspace: string
let owner: Caller
let flow: string
let at: string

beforeAll(async () => {
  it = await install()
  workspace = await it.workspace()
  owner = await it.member(workspace, 'owner')
  at = `/workspaces/${workspace}`
  flow = (await publishedFlow(owner, workspace)).flow
})
afterAll(() => it.close())

const db = () => it.database.owner.db
const failed = async (reason: string, values: object = {}): Promise<string> => {
  const { id } = (await owner.call('POST', `${at}/flows/${flow}/run`, {})).json()
  await db()
    .updateTable('runs')
    .set({ state: 'failed', code: 'REMOTE_REFUSED', reason, ...values })
    .where('id', '=', id)
    .execute()
  return id
}
const setAside = async (message: string, remote: string | null = null, key = ''): Promise<string> => {
  const [id, run] = [newId(), await failed('Set aside.')]
  await sql`insert into exceptions (workspace_id, id, flow_id, version, run_id, batch, node_id, position, code, message, remote,
      business_key, desk, record, state)
    values (${workspace}, ${id}, ${flow}, 1, ${run}, 0, 'shape', 0, 'RECORD_REFUSED', ${message}, ${remote}, ${key}, 'finance',
      '', 'open')`.execute(db())
  return id
}
const found = async (
  what: 'runs' | 'exceptions',
  text: string,
  more = '',
  by = owner,
  where = at,
): Promise<string[]> => {
  const answer = await by.call('GET', `${where}/${what}?text=${encodeURIComponent(text)}${more}`)
  expect(answer.statusCode, answer.body).toBe(200)
  return answer.json().items.map(({ id }: { id: string }) => id)
}

describe('runs', () => {
  test('are found by words and by numbers in why they failed, whatever their case; of others nothing is', async () => {
    const first = await failed('Xero answered with status 503 for ÄRGER GmbH.')
    const second = await failed('Xero answered with status 504 for ÄRGER GmbH.')
    const third = await failed('The step “Shape” gave no record.')
    expect(await found('runs', 'answered with')).toEqual([second, first])
    expect(await found('runs', ' ANSWERED with Status 503 ')).toEqual([first])
    expect(await found('runs', 'ärger')).toEqual([second, first])
    expect(await found('runs', '50')).toEqual([second, first])
    expect(await found('runs', '“shape”')).toEqual([third])
    for (const nowhere of ['answered by', 'status 505', '%', '_', 'gmbh. 503', '\\']) {
      expect(await found('runs', nowhere), nowhere).toEqual([])
    }
    // A reason to wait is no error.
    const waits = await failed('Waiting for its turn: one at a time.', { state: 'waiting', code: null })
    expect(await found('runs', 'for its turn')).not.toContain(waits)
  })

  test('are narrowed by the text together with all else, page by page, each once', async () => {
    const ids: string[] = []
    for (let n = 0; n < 7; n++) ids.push(await failed(`Page ${n} of 7 was cut off.`, n === 3 ? { code: 'OTHER' } : {}))
    expect(await found('runs', 'was cut off', '&code=OTHER')).toEqual([ids[3]])
    for (const text of ['was cut off', 'of 7 was']) {
      const seen: string[] = []
      for (let cursor = ''; ; ) {
        const page = (await owner.call('GET', `${at}/runs?limit=3&text=${encodeURIComponent(text)}${cursor}`)).json()
        seen.push(...page.items.map(({ id }: { id: string }) => id))
        if (page.next === null) break
        cursor = `&cursor=${page.next}`
      }
      expect(seen).toEqual(ids.toReversed())
    }
  })

  test('are not found by what is hidden in their words', async () => {
    const run = await failed(
      'Emarsys refused ada.byron@example.com (phone: +49 170 5551234, Name: "Ada Byron") at page 4.',
    )
    expect(await found('runs', 'emarsys refused')).toEqual([run])
    expect(await found('runs', 'at page 4')).toEqual([run])
    for (const hidden of [
      'ada.byron@example.com',
      'ada.byron',
      '@example',
      '5551234',
      '170 555',
      'Ada Byron',
      '[hidden]',
    ]) {
      expect(await found('runs', hidden), hidden).toEqual([])
    }
  })

  test('of another workspace are not found', async () => {
    await failed('Only here: a word like zymurgy.')
    const away = await it.workspace()
    const stranger = await it.member(away, 'owner')
    expect(await found('runs', 'zymurgy', '', stranger, `/workspaces/${away}`)).toEqual([])
  })
})

describe('exceptions', () => {
  test('are found by our words and by those of the other system, and by a key that stands in them', async () => {
    const one = await setAside('Emarsys refused “INV-0192”.', 'No such account: 4711', 'INV-0192')
    const two = await setAside('Emarsys refused “CN-77”.', 'No such account: 4712', 'CN-77')
    const three = await setAside('Nobody can tell whether “SO-5” arrived.', null, 'SO-5')
    const four = await setAside('Nobody can tell whether “PO-6” arrived.', null, 'PO-6')
    expect(await found('exceptions', 'no such ACCOUNT')).toEqual([two, one])
    expect(await found('exceptions', 'account: 4711')).toEqual([one])
    expect(await found('exceptions', 'refused')).toEqual([two, one])
    expect(await found('exceptions', 'inv-0192')).toEqual([one])
    expect(await found('exceptions', '“so-')).toEqual([three])
    expect(await found('exceptions', 'can tell', '&state=open')).toEqual([four, three])
    expect(await found('exceptions', 'can tell', '&state=dismissed')).toEqual([])
    expect(await found('exceptions', 'account: 4713')).toEqual([])
  })

  test('are not found by what is hidden in their words', async () => {
    const id = await setAside(
      'The contact name Ada Byron is already assigned to another contact.',
      'mail: ada@example.org',
    )
    expect(await found('exceptions', 'already assigned')).toEqual([id])
    for (const hidden of ['ada byron', 'byron', 'example.org']) expect(await found('exceptions', hidden)).toEqual([])
  })
})

describe('a search that would look at more than one request should', () => {
  let few: Installation
  let reader: Pick<Caller, 'call'>
  beforeAll(async () => {
    few = await install({ database: it.database, searchReach: { atOnce: 3, mostLooks: 2 } })
    reader = await few.member(workspace, 'owner')
  })
  afterAll(() => few.close())

  const pagesOf = async (what: 'runs' | 'exceptions', text: string) => {
    const pages: { ids: string[]; looked?: { count: number; back: string } }[] = []
    for (let cursor = ''; ; ) {
      const answer = await reader.call('GET', `${at}/${what}?limit=2&text=${encodeURIComponent(text)}${cursor}`)
      expect(answer.statusCode, answer.body).toBe(200)
      const { items, next, looked } = answer.json()
      pages.push({ ids: items.map(({ id }: { id: string }) => id), looked })
      if (next === null) return pages
      cursor = `&cursor=${next}`
    }
  }
  const timeOf = async (what: 'runs' | 'exceptions', id: string) =>
    (await db().selectFrom(what).select('created_at').where('id', '=', id).executeTakeFirstOrThrow()).created_at

  test('says how far it came, and goes on from there until it has looked at all', async () => {
    const old = await failed('Rubbed out at row 4711 of the quarry.')
    const since: string[] = []
    for (let n = 0; n < 9; n++) since.push(await failed(`Rubbed out at row ${n} of the quarry.`))
    const [first, second, ...more] = await pagesOf('runs', 'row 4711 of the quarry')
    expect(first).toEqual({ ids: [], looked: { count: 6, back: (await timeOf('runs', since[3]!)).toISOString() } })
    expect(second).toEqual({ ids: [old], looked: undefined })
    expect(more).toEqual([])
    expect((await pagesOf('runs', 'of the quarry')).map(({ ids }) => ids.length)).toEqual([2, 2, 2, 2, 2])
  })

  test('of exceptions too', async () => {
    const old = await setAside('Nobody knows bay 4711 of the wharf.')
    const since: string[] = []
    for (let n = 0; n < 7; n++) since.push(await setAside(`Nobody knows bay ${n} of the wharf.`))
    const pages = await pagesOf('exceptions', 'bay 4711 of the wharf')
    expect(pages.flatMap(({ ids }) => ids)).toEqual([old])
    expect(pages[0]).toEqual({
      ids: [],
      looked: { count: 6, back: (await timeOf('exceptions', since[1]!)).toISOString() },
    })
  })

  test('comes as far where the text stands hidden as where it stands nowhere', async () => {
    for (let n = 0; n < 7; n++)
      await failed('The gate refused the contact named "Ada Byron": mail ada.4711@example.org.')
    const hidden = await pagesOf('runs', '4711@')
    expect(hidden.flatMap(({ ids }) => ids)).toEqual([])
    expect(hidden).toEqual(await pagesOf('runs', '4712@'))
  })
})
