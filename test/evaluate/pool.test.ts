import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Evaluator, createEvaluator } from '../../server/evaluate/pool.ts'
import type { Evaluated, Program } from '../../server/evaluate/program.ts'

let evaluator: Evaluator
beforeAll(() => {
  evaluator = createEvaluator({ children: 2, recordDeadlineMs: 400 })
})
afterAll(() => evaluator.close())

const map = (expression: string): Program => ({
  roots: [0],
  exits: 1,
  steps: [{ kind: 'map', id: 'map', expression, ports: { out: { steps: [], exit: 0 } } }],
})
const numbered = (count: number) => Array.from({ length: count }, (_, n) => ({ n }))
const run = (program: Program, records: readonly object[], more: object = {}): Promise<Evaluated> =>
  evaluator.run({ workspace: 'w', program, records: records as never, now: 0, seed: 's', ...more })
const timeless = (evaluated: Evaluated) => ({ ...evaluated, steps: evaluated.steps.map(({ ms: _, ...step }) => step) })

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10))
}

test('a map gives one record for an object, several for a list, none for nothing', async () => {
  const expression =
    'n = 0 ? {"a": n} : n = 1 ? [{"b": 1}, {"b": 2}] : n = 2 ? Missing : n = 3 ? [] : n = 4 ? {"one": [n]} : "text"'
  const { exits, steps } = await run(map(expression), numbered(6))
  expect(exits).toEqual([{ records: [{ a: 0 }, { b: 1 }, { b: 2 }, { one: [4] }], origins: [0, 1, 1, 4] }])
  expect(steps).toMatchObject([
    {
      id: 'map',
      in: 6,
      ports: { out: 4, rejected: 1 },
      none: 2,
      rejections: [{ origin: 5, record: { n: 5 }, code: 'EXPRESSION_FAILED', setting: 'expression' }],
    },
  ])
})

test('null and mixed lists are refused whole, not in part', async () => {
  const { exits, steps } = await run(map('n = 0 ? null : [{"a": 1}, 2]'), numbered(2))
  expect(exits[0]?.records).toEqual([])
  expect(steps[0]?.rejections.map(({ origin }) => origin)).toEqual([0, 1])
})

test('a filter parts records by the truth of its condition', async () => {
  const program: Program = {
    roots: [0],
    exits: 2,
    steps: [
      {
        kind: 'filter',
        id: 'f',
        condition: 'x',
        ports: { out: { steps: [], exit: 0 }, other: { steps: [], exit: 1 } },
      },
    ],
  }
  const records = [
    { x: 1 },
    { x: 0 },
    { x: 'a' },
    { x: '' },
    { x: [0] },
    { x: [0, 1] },
    { x: null },
    {},
    { x: {} },
    { x: { a: 0 } },
  ]
  const { exits, steps } = await run(program, records)
  expect(exits[0]?.origins).toEqual([0, 2, 5, 9])
  expect(exits[1]?.origins).toEqual([1, 3, 4, 6, 7, 8])
  expect(exits[0]?.records[0]).toBe(records[0]) // unchanged records come back as themselves
  expect(steps).toMatchObject([{ in: 10, ports: { out: 4, other: 6 }, none: 0 }])
})

test('a route sends a record to the first case or to every case that matches', async () => {
  const route = (match: 'first' | 'all'): Program => ({
    roots: [0],
    exits: 3,
    steps: [
      {
        kind: 'route',
        id: 'r',
        match,
        cases: [
          { name: 'even', condition: 'n % 2 = 0' },
          { name: 'small', condition: 'n < 3' },
        ],
        ports: { even: { steps: [], exit: 0 }, small: { steps: [], exit: 1 }, other: { steps: [], exit: 2 } },
      },
    ],
  })
  const first = await run(route('first'), numbered(6))
  expect(first.exits.map(({ origins }) => origins)).toEqual([[0, 2, 4], [1], [3, 5]])
  const all = await run(route('all'), numbered(6))
  expect(all.exits.map(({ origins }) => origins)).toEqual([
    [0, 2, 4],
    [0, 1, 2],
    [3, 5],
  ])
  expect(all.steps[0]?.ports).toEqual({ even: 3, small: 3, other: 2 })
})

test('a failing case names itself', async () => {
  const program: Program = {
    roots: [0],
    exits: 0,
    steps: [
      {
        kind: 'route',
        id: 'r',
        match: 'first',
        cases: [
          { name: 'a', condition: 'false' },
          { name: 'b', condition: '1 + "x"' },
        ],
        ports: {},
      },
    ],
  }
  const { steps } = await run(program, numbered(1))
  expect(steps[0]?.rejections).toMatchObject([{ setting: 'cases.1.condition', position: 3 }])
})

test('a split makes a record of each part, with what it keeps of the whole', async () => {
  const split = (path: string, keep: string[]): Program => ({
    roots: [0],
    exits: 1,
    steps: [{ kind: 'split', id: 's', path, keep, ports: { out: { steps: [], exit: 0 } } }],
  })
  const invoice = {
    No: 'A',
    Contact: { ID: 'c', Name: 'N' },
    Lines: [{ q: 1 }, { q: 2 }],
    Tags: ['x', 1, null],
    One: { q: 9 },
    Groups: [{ Lines: [{ q: 1 }] }, { Lines: [{ q: 2 }, { q: 3 }] }, {}],
  }
  const parts = async (path: string, keep: string[] = []) => (await run(split(path, keep), [invoice])).exits[0]?.records
  expect(await parts('Lines', ['No', 'Contact.ID', 'Missing'])).toEqual([
    { q: 1, parent: { No: 'A', Contact: { ID: 'c' } } },
    { q: 2, parent: { No: 'A', Contact: { ID: 'c' } } },
  ])
  expect(await parts('Lines', ['Contact.ID', 'Contact.Name'])).toMatchObject([
    { parent: { Contact: { ID: 'c', Name: 'N' } } },
    {},
  ])
  expect(await parts('Tags')).toEqual([{ value: 'x' }, { value: 1 }, { value: null }])
  expect(await parts('One')).toEqual([{ q: 9 }])
  expect(await parts('Groups.Lines')).toEqual([{ q: 1 }, { q: 2 }, { q: 3 }])
  expect(await parts('No')).toEqual([{ value: 'A' }])
  expect(await parts('Missing.Deeper')).toEqual([])
})

test('fused steps hand on plain records: a list of one stays a list', async () => {
  const program: Program = {
    roots: [0],
    exits: 1,
    steps: [
      {
        kind: 'map',
        id: 'a',
        expression: '{"one": [Lines[q = 1].q], "toString": -0, "path": Lines[].q}',
        ports: { out: { steps: [1] } },
      },
      {
        kind: 'map',
        id: 'b',
        expression: '{"one": one, "type": $type(one), "path": $type(path), "z": toString}',
        ports: { out: { steps: [], exit: 0 } },
      },
    ],
  }
  const { exits } = await run(program, [{ Lines: [{ q: 1 }] }])
  expect(exits[0]?.records).toEqual([{ one: [1], type: 'array', path: 'array', z: 0 }])
})

test('branches that meet again keep the order of the run, and counts add up', async () => {
  const program: Program = {
    roots: [0],
    exits: 2,
    steps: [
      {
        kind: 'filter',
        id: 'f',
        condition: 'n % 2 = 0',
        ports: { out: { steps: [1] }, other: { steps: [2] }, rejected: { steps: [], exit: 1 } },
      },
      { kind: 'map', id: 'even', expression: '{"n": n, "even": true}', ports: { out: { steps: [2] } } },
      {
        kind: 'map',
        id: 'all',
        expression: 'n = 3 ? $error("three is out") : {"n": n, "even": even}',
        ports: { out: { steps: [], exit: 0 }, rejected: { steps: [], exit: 1 } },
      },
    ],
  }
  const { exits, steps } = await run(program, numbered(6))
  expect(exits[0]?.records.map(({ n }) => n)).toEqual([0, 1, 2, 4, 5])
  expect(exits[1]).toEqual({
    records: [{ record: { n: 3 }, error: { code: 'SET_ASIDE', message: 'three is out' } }],
    origins: [3],
  })
  expect(steps.map((step) => [step.id, step.in, step.ports, step.none, step.rejections])).toEqual([
    ['f', 6, { out: 3, other: 3 }, 0, []],
    ['even', 3, { out: 3 }, 0, []],
    ['all', 6, { out: 5, rejected: 1 }, 0, []],
  ])
})

test('capture shows what left by ports that lead no further than the program', async () => {
  const program: Program = {
    roots: [0],
    exits: 1,
    steps: [
      { kind: 'filter', id: 'f', condition: 'n > 0', ports: { out: { steps: [1] } } },
      { kind: 'map', id: 'm', expression: '{"m": n}', ports: { out: { steps: [], exit: 0 } } },
    ],
  }
  const { steps } = await run(program, numbered(3), { capture: true })
  expect(steps[0]?.output).toEqual({
    out: { records: [{ n: 1 }, { n: 2 }], origins: [1, 2] },
    other: { records: [{ n: 0 }], origins: [0] },
  })
  expect(steps[1]?.output).toEqual({})
  expect((await run(program, numbered(3))).steps[0]?.output).toBeUndefined()
})

test('records may come as text', async () => {
  const { exits } = await evaluator.run({
    workspace: 'w',
    program: map('{"m": n}'),
    recordsText: '[{"n":1},{"n":"é🙂"}]',
    now: 0,
    seed: '',
  })
  expect(exits[0]?.records).toEqual([{ m: 1 }, { m: 'é🙂' }])
})

test('a run too large for a child goes in several trips, and nobody can tell', async () => {
  const long = 'x'.repeat(50_000)
  const records = Array.from({ length: 200 }, (_, n) => ({ n, long }))
  const program: Program = {
    roots: [0],
    exits: 1,
    steps: [
      { kind: 'filter', id: 'f', condition: 'n % 10 != 0', ports: { out: { steps: [1] } } },
      {
        kind: 'map',
        id: 'm',
        expression: 'n = 155 ? 1 + "x" : {"n": n, "r": $random()}',
        ports: { out: { steps: [], exit: 0 } },
      },
    ],
  }
  const { exits, steps } = await run(program, records, { capture: true })
  const expected = records.filter(({ n }) => n % 10 !== 0 && n !== 155)
  expect(exits[0]?.records.map(({ n }) => n)).toEqual(expected.map(({ n }) => n))
  expect(exits[0]?.origins).toEqual(expected.map(({ n }) => n))
  expect(new Set(exits[0]?.records.map(({ r }) => r)).size).toBe(expected.length)
  expect(steps.map((step) => [step.in, step.ports])).toEqual([
    [200, { out: 180, other: 20 }],
    [180, { out: 179, rejected: 1 }],
  ])
  expect(steps[1]?.rejections).toMatchObject([{ origin: 155, record: { n: 155 } }])
  expect(steps[0]?.output?.other?.origins).toEqual(Array.from({ length: 20 }, (_, n) => n * 10))
})

test('a child that has dropped a program gets it again', async () => {
  for (let number = 0; number < 230; number++) await run(map(`{"x": ${number}}`), numbered(1))
  for (const number of [0, 229]) {
    expect((await run(map(`{"x": ${number}}`), numbered(1))).exits[0]?.records).toEqual([{ x: number }])
  }
  for (let attempt = 0; attempt < 2; attempt++) {
    await expect(run(map('{"x"'), numbered(1))).rejects.toMatchObject({ message: expect.stringContaining('node map') })
  }
})

test('a record that is too deep, or has a key that reaches a prototype, is refused alone', async () => {
  let deep: object = { end: true }
  for (let level = 0; level < 200_000; level++) deep = { deep }
  let allowed: object = { end: true }
  for (let level = 0; level < 60; level++) allowed = { deep: allowed }
  const poison: object = JSON.parse('{"a":{"__proto__":{"polluted":1}}}')
  const records = [{ n: 1 }, deep, allowed, poison, { constructor: { prototype: { x: 1 } } }, { n: 2 }]
  const { exits, steps } = await run(map('$'), records)
  expect(exits[0]?.origins).toEqual([0, 2, 5])
  expect(steps[0]?.rejections.map(({ origin, code }) => [origin, code])).toEqual([
    [1, 'INVALID_INPUT'],
    [3, 'UNSAFE_KEY'],
    [4, 'UNSAFE_KEY'],
  ])
  expect(steps[0]?.rejections[0]?.record).toBe(deep)
  const text = `[{"n":1},${'{"d":'.repeat(100_000)}1${'}'.repeat(100_000)},5]`
  const fromText = await evaluator.run({ workspace: 'w', program: map('$'), recordsText: text, now: 0, seed: '' })
  expect(fromText.exits[0]?.origins).toEqual([0])
  expect(fromText.steps[0]?.rejections.map(({ code }) => code)).toEqual(['INVALID_INPUT', 'INVALID_INPUT'])
})

test('a program that does not parse is the flow’s fault, with the node and the place', async () => {
  await expect(run(map('{"a": '), numbered(1))).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(/node map .*character 6/),
  })
  await expect(
    run(
      { roots: [0], exits: 0, steps: [{ kind: 'filter', id: 'f', condition: 'true', ports: { out: { steps: [0] } } }] },
      numbered(1),
    ),
  ).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
})

test('an evaluation that never ends is that record’s exception; its neighbours succeed in order', async () => {
  const loop = '($f := function($n) {$f($n + 1)}; n = 7 or n = 40 ? $f(0) : {"n": n})'
  const { exits, steps } = await run(map(loop), numbered(60))
  expect(exits[0]?.records.map(({ n }) => n)).toEqual(
    numbered(60)
      .map(({ n }) => n)
      .filter((n) => n !== 7 && n !== 40),
  )
  expect(steps[0]?.rejections.map(({ origin, code }) => [origin, code])).toEqual([
    [7, 'EXPRESSION_TIMEOUT'],
    [40, 'EXPRESSION_TIMEOUT'],
  ])
})

test('an evaluation that nothing inside can stop costs its process, and no other record', async () => {
  // One built-in call that works for minutes: the process must be killed, twice, to convict the record. The list it works
  // on is short enough to be built in time on a busy machine, where the limits inside would speak first.
  const before = evaluator.stats().killed
  const heavy =
    'n = 3 ? {"x": $count($distinct($map([1..4500], function($i) {{"a": {"b": {"c": {"d": [1..60, $i]}}}}})))} : {"n": n}'
  const { exits, steps } = await run(map(heavy), numbered(8))
  expect(exits[0]?.origins).toEqual([0, 1, 2, 4, 5, 6, 7])
  expect(steps[0]?.rejections).toMatchObject([{ origin: 3 }])
  expect(['EXPRESSION_TIMEOUT', 'EXPRESSION_MEMORY']).toContain(steps[0]?.rejections[0]?.code)
  expect(evaluator.stats().killed).toBeGreaterThanOrEqual(before + 2)
})

test('an evaluation that eats memory is that record’s exception, and this process does not grow', async () => {
  const patient = createEvaluator({ children: 1, recordDeadlineMs: 60_000 })
  const grow = '($f := function($list) {$f($append($list, {"a": [1..100000]}))}; n = 2 ? $f([]) : {"n": n})'
  const before = process.memoryUsage().rss
  const { exits, steps } = await patient.run({
    workspace: 'w',
    program: map(grow),
    records: numbered(5),
    now: 0,
    seed: '',
  })
  await patient.close()
  expect(steps[0]?.rejections.map(({ origin, code }) => [origin, code])).toEqual([[2, 'EXPRESSION_MEMORY']])
  expect(exits[0]?.origins).toEqual([0, 1, 3, 4])
  expect(process.memoryUsage().rss - before).toBeLessThan(20 * 1024 * 1024)
})

test('a step whose records all run into the limit gives up instead of holding everybody up', async () => {
  const quick = createEvaluator({ children: 1, recordDeadlineMs: 20 })
  const { steps } = await quick.run({
    workspace: 'w',
    program: map('($f := function($n) {$f($n)}; $f(1))'),
    records: numbered(50),
    now: 0,
    seed: '',
  })
  await quick.close()
  expect(steps[0]?.ports).toEqual({ rejected: 50 })
  expect(steps[0]?.rejections.filter(({ message }) => message.startsWith('Not tried')).length).toBe(30)
})

test('a process that dies for no reason of the records’ is replaced and the work done again', async () => {
  const running = run(map('{"n": $sum([1..20000].($ + 1))}'), numbered(40))
  await until(() => evaluator.stats().children.some(({ busy }) => busy))
  const victim = evaluator.stats().children.find(({ busy }) => busy)?.pid
  process.kill(victim!, 'SIGKILL')
  expect((await running).exits[0]?.records.length).toBe(40)
  expect(alive(victim!)).toBe(false)
})

test('two hundred runs at once in many workspaces never see one another', async () => {
  const program = map(
    '($x := $$.who; [1..5].{"who": $x, "root": $$.who, "list": $map([1..3], function($i) {$$.who & $string($i)})})',
  )
  const answers = await Promise.all(
    Array.from({ length: 200 }, async (_, index) => {
      const who = `w${index % 5}-${index}`
      const { exits } = await evaluator.run({
        workspace: `workspace ${index % 5}`,
        program,
        records: [{ who }],
        now: 0,
        seed: who,
      })
      return exits[0]?.records.every(
        (record) =>
          record.who === who &&
          record.root === who &&
          JSON.stringify(record.list) === JSON.stringify([`${who}1`, `${who}2`, `${who}3`]),
      )
    }),
  )
  expect(answers.every((right) => right === true)).toBe(true)
})

test('a child serves one workspace only; another one gets a new process', async () => {
  const pool = createEvaluator({ children: 1 })
  const pidFor = async (workspace: string) => {
    await pool.run({ workspace, program: map('$'), records: numbered(1), now: 0, seed: '' })
    return pool.stats().children.find((child) => child.workspace === workspace)?.pid
  }
  const first = await pidFor('a')
  expect(await pidFor('a')).toBe(first)
  const second = await pidFor('b')
  expect(second).not.toBe(first)
  await until(() => !alive(first!))
  expect(await pidFor('a')).not.toBe(first)
  expect(new Set(pool.stats().children.map(({ workspace }) => workspace)).has('b')).toBe(false)
  await pool.close()
})

test('records without end of one workspace hold up nobody else: they go on in parts, and give what they give at once', async () => {
  // Each takes long, and none so long that it is ended.
  const long = map('{"n": n, "sum": $sum([1..15000].($ * 2)), "r": $random(), "s": $shuffle([1..5])}')
  const pool = createEvaluator({ children: 1, recordDeadlineMs: 5_000, holdMs: 200 })
  const ended: string[] = []
  const busy = (seed: string) =>
    pool
      .run({ workspace: 'busy', program: long, records: numbered(60), now: 0, seed, capture: true })
      .finally(() => ended.push('busy'))
  const all = ['s', 't', 'u'].map(busy)
  await until(() => pool.stats().children.some((child) => child.busy))
  const asked = { workspace: 'other', expression: '1 + 1', record: {}, now: 0, seed: '' }
  const preview = await pool.preview(asked).finally(() => ended.push('other'))
  expect(preview).toEqual({ ok: true, value: 2 })
  const [first] = await Promise.all(all)
  expect(ended[0]).toBe('other')
  await pool.close()
  const alone = createEvaluator({ children: 1, recordDeadlineMs: 5_000 })
  const once = await alone.run({
    workspace: 'w',
    program: long,
    records: numbered(60),
    now: 0,
    seed: 's',
    capture: true,
  })
  await alone.close()
  expect(JSON.stringify(timeless(first!))).toBe(JSON.stringify(timeless(once)))
  expect(once.exits[0]?.origins).toEqual(numbered(60).map(({ n }) => n))
}, 360_000)

test('branches that meet again and again make no records without end: the record is set aside whole', async () => {
  const to = (...steps: number[]) => ({ out: { steps } })
  // Each diamond doubles what comes in, but for the records that its first step leaves out.
  const diamonds = Array.from({ length: 40 }, (_, number) => {
    const at = 3 * number
    const [kind, condition] = ['filter', number === 0 ? 'true' : 'n = 1'] as const
    return [
      { kind, id: `s${number}`, condition, ports: to(at + 1, at + 2) },
      ...['a', 'b'].map((side) => ({ kind: 'map', id: `${side}${number}`, expression: '$', ports: to(at + 3) })),
    ]
  }).flat()
  const end = { kind: 'map', id: 'end', expression: '$', ports: { out: { steps: [], exit: 0 } } }
  const early = { ...diamonds[0]!, ports: { out: { steps: [1, 2], exit: 0 } } }
  const program = { roots: [0], exits: 1, steps: [early, ...diamonds.slice(1), end] } as unknown as Program
  const { exits, steps } = await run(program, [{ n: 0 }, { n: 1 }, { n: 2 }])
  expect(exits[0]).toEqual({ records: [{ n: 0 }, { n: 2 }], origins: [0, 2] })
  expect(steps[0]).toMatchObject({ in: 3, ports: { out: 2, rejected: 1 } })
  expect(steps[0]?.rejections).toMatchObject([
    { origin: 1, record: { n: 1 }, code: 'EXPRESSION_OUTPUT_TOO_LARGE', message: expect.stringContaining('300,000') },
  ])
  expect(steps.slice(1).flatMap(({ rejections }) => rejections)).toEqual([])
}, 180_000)

test('expressions that take too long to read cost a few processes, and hold up nobody else', async () => {
  const pool = createEvaluator({ children: 1, recordDeadlineMs: 100, holdMs: 300 })
  const endless = (number: number) => `a${'.a'.repeat(9_000 + number)}`
  const texts = ['n', ...Array.from({ length: 40 }, (_, number) => endless(number)), 'n + 1']
  const ended: string[] = []
  const parsing = pool.parse(texts).finally(() => ended.push('parse'))
  await until(() => pool.stats().children.some(({ busy }) => busy))
  await pool
    .preview({ workspace: 'other', expression: '1 + 1', record: {}, now: 0, seed: '' })
    .finally(() => ended.push('other'))
  const parsed = await parsing
  expect(ended).toEqual(['other', 'parse'])
  expect(parsed).toHaveLength(texts.length)
  expect(parsed[0]).toMatchObject({ ok: true })
  expect(parsed.slice(1, -1).every(({ ok }) => !ok)).toBe(true)
  const alone = await pool.parse(texts)
  const said = alone.map((each) => (each.ok ? 'read' : each.message.slice(0, 8)))
  expect(said).toEqual(['read', ...Array(3).fill('The expr'), ...Array(38).fill('Not read')])
  await pool.close()
}, 360_000)

test('a child is replaced after its share of work', async () => {
  const pool = createEvaluator({ children: 1, recycleAfter: 10 })
  const pids: (number | undefined)[] = []
  for (let round = 0; round < 4; round++) {
    await pool.run({ workspace: 'w', program: map('$'), records: numbered(5), now: 0, seed: '' })
    pids.push(pool.stats().children.find(({ workspace }) => workspace === 'w')?.pid)
    // The next one starts in the place of the last: memory is that of one child.
    expect(pool.stats().children).toHaveLength(1)
  }
  // Twice five records are its share.
  expect(pids).toEqual([expect.any(Number), undefined, expect.any(Number), undefined])
  expect(pids[2]).not.toBe(pids[0])
  await pool.close()
})

test('the same run gives the same bytes, whichever child does it', async () => {
  const program = map('{"n": n, "r": $random(), "s": $shuffle([1..10]), "t": $now(), "u": $random()}')
  const again = createEvaluator({ children: 1 })
  const one = timeless(await run(program, numbered(100)))
  const two = timeless(await run(program, numbered(100)))
  const three = timeless(await again.run({ workspace: 'other', program, records: numbered(100), now: 0, seed: 's' }))
  await again.close()
  expect(JSON.stringify(two)).toBe(JSON.stringify(one))
  expect(JSON.stringify(three)).toBe(JSON.stringify(one))
  expect(new Set(one.exits[0]?.records.map(({ r }) => r)).size).toBe(100)
})

test('an abort ends a run at once, waiting or working', async () => {
  const controller = new AbortController()
  const endless = '($f := function($n) {$f($n)}; $f(1))'
  const pool = createEvaluator({ children: 1, recordDeadlineMs: 60_000 })
  const working = pool.run({
    workspace: 'w',
    program: map(endless),
    records: numbered(3),
    now: 0,
    seed: '',
    signal: controller.signal,
  })
  const queued = pool.run({
    workspace: 'w',
    program: map(endless),
    records: numbered(3),
    now: 0,
    seed: '',
    signal: controller.signal,
  })
  const both = Promise.allSettled([working, queued])
  await until(() => pool.stats().children.some(({ busy }) => busy))
  controller.abort(new Error('stopped by hand'))
  expect(await both).toEqual([
    expect.objectContaining({ reason: controller.signal.reason }),
    expect.objectContaining({ reason: controller.signal.reason }),
  ])
  const { exits } = await pool.run({ workspace: 'w', program: map('$'), records: numbered(2), now: 0, seed: '' })
  expect(exits[0]?.records.length).toBe(2)
  await pool.close()
})

test('close ends every process and rejects what is under way', async () => {
  const pool = createEvaluator({ children: 2, recordDeadlineMs: 60_000 })
  const under = ['a', 'b', 'c'].map((workspace) =>
    pool.run({
      workspace,
      program: map('($f := function($n) {$f($n)}; $f(1))'),
      records: numbered(1),
      now: 0,
      seed: '',
    }),
  )
  const settled = Promise.allSettled(under)
  await until(() => pool.stats().children.filter(({ busy }) => busy).length === 2)
  const pids = pool.stats().children.map(({ pid }) => pid!)
  await pool.close()
  expect(pids.filter(alive)).toEqual([])
  expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
  await expect(pool.run({ workspace: 'w', program: map('$'), records: [], now: 0, seed: '' })).rejects.toMatchObject({
    code: 'EVALUATOR_LOST',
  })
})

test('parsing tells keys, functions and plain arithmetic on fields, with their places', async () => {
  const text = '{"31": 1, "b": $sum(Lines.Amount) * Rate, "c": Name ~> $trim}'
  const [parsed] = await evaluator.parse([text])
  if (!parsed?.ok) throw new Error('does not parse')
  expect(parsed.facts.objectKeys).toEqual([
    { key: '31', position: 1 },
    { key: 'b', position: 10 },
    { key: 'c', position: 42 },
  ])
  expect(parsed.facts.functions.toSorted()).toEqual(['sum', 'trim'])
  expect(
    parsed.facts.moneyRisks
      .map(({ name, path, position }) => [name, path, text.slice(position, position + name.length)])
      .toSorted(),
  ).toEqual([
    ['$sum', 'Lines.Amount', '$sum'],
    ['*', 'Rate', '*'],
  ])
})

test('parsing says where and why a text is no expression', async () => {
  const parsed = await evaluator.parse(['{"a": ', 'a b', '$eval("1")', '/(?=x)/', '($x := 1; $x)', 'LineItems{"k": 1}'])
  expect(parsed.map(({ ok }) => ok)).toEqual([false, false, false, false, true, true])
  for (const each of parsed)
    if (!each.ok)
      expect(each).toEqual({
        ok: false,
        position: expect.any(Number),
        message: expect.stringMatching(/\w/),
        hint: expect.stringMatching(/\w/),
      })
  expect(parsed[5]).toMatchObject({ facts: { objectKeys: [{ key: 'k' }] } })
})
