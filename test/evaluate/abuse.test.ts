import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { canCutNetwork } from '../../server/evaluate/cage.ts'
import { type Evaluator, createEvaluator } from '../../server/evaluate/pool.ts'
import { RECORD } from './corpus.ts'

/** What an expression may try against the machine, its neighbours or this process, and the answer it must get. */

const SECRET = 'canary-9f2c1e77'
let evaluator: Evaluator
beforeAll(() => {
  process.env.TIELINE_TEST_CANARY = SECRET
  evaluator = createEvaluator({ children: 1, recordDeadlineMs: 300 })
})
afterAll(async () => {
  delete process.env.TIELINE_TEST_CANARY
  await evaluator.close()
})

const ask = (expression: string, record: object = RECORD, by = evaluator) =>
  by.preview({ workspace: 'w', expression, record: record as never, now: 0, seed: 's' })

const NAMES = [
  'constructor',
  '__proto__',
  'prototype',
  '__defineGetter__',
  '__lookupGetter__',
  'hasOwnProperty',
  'toString',
  'valueOf',
  'caller',
  'callee',
  'arguments',
  'apply',
  'call',
  'bind',
  'implementation',
  'environment',
  'base',
  'lookup',
  'signature',
  'then',
  'next',
]
const HOLDERS = [
  '$',
  '$$',
  '"text"',
  '(5)',
  '[1,2]',
  '{}',
  '$sum',
  'function(){1}',
  '/a/',
  '$now',
  '$moneySum',
  '($sum(?))',
  '(/a/("a"))',
]

/** Ways to a prototype, to the inside of jsonata and to Node. */
const GADGETS: readonly string[] = [
  ...HOLDERS.flatMap((holder) => NAMES.map((name) => `${holder}.${name}`)),
  ...HOLDERS.map((holder) => `${holder}.constructor.constructor("return process")()`),
  ...NAMES.map((name) => `$lookup($, "${name}")`),
  ...NAMES.map((name) => `$lookup($sum, "${name}")`),
  ...NAMES.map((name) => `$lookup([$sum], "${name}")`),
  ...[
    'process',
    'globalThis',
    'global',
    'require',
    'module',
    'exports',
    'Function',
    'eval',
    'Buffer',
    'fetch',
    'guards',
    'jsonata',
    'console',
    'window',
    'self',
    'this',
    'import',
  ].flatMap((name) => [`$${name}`, `$${name}()`, `$${name}.env`, name]),
  '$process.getBuiltinModule("child_process").execSync("id")',
  '$sum.*',
  '$sum.**',
  '$now.*',
  '$keys($sum)',
  '$each($sum, function($v, $k) {$k})',
  '$spread($sum)',
  '$merge([$sum])',
  '$sift($sum, function($v) {true})',
  '$string($sum)',
  '$type($sum)',
  '$clone($sum)',
  'function($x) {$x}.environment',
  '($f := function($x) {$x}; $f.environment.base)',
  '($f := function($x) {$x}; $lookup($f, "environment"))',
  '($f := function($x) {$x}; $f.**)',
  '($f := function($x) {$x}; $merge([$f]))',
  '($f := function($x) {$x}; $spread($f))',
  '($f := function($x) {$x}; $each($f, function($v, $k) {$k}))',
  '$ ~> |$|{"constructor": "x"}|',
  '$ ~> |$|{"_jsonata_function": true, "implementation": "x"}|',
  '({"_jsonata_lambda": true})()',
  '$merge([{"_jsonata_" & "lambda": true}])',
  '$map([1], {"_jsonata_" & "function": true, "implementation": "x"})',
  '$replace("a", /a/, $eval)',
  '$map(["process"], $eval)',
  '"1+1" ~> $eval',
  '($e := $eval; $e("1"))',
  '$eval("$process")',
  '$sort([1,2], $eval)',
  '$clone := 1',
  '($clone := function($x) {$x}; $ ~> |$|{"a": 1}|)',
  '$toMillis("1", "[constructor]")',
  '$formatNumber(1, "0", {"__proto__": {"zero-digit": "x"}})',
  '$fromMillis(0, "[Y]", "__proto__")',
  '$encodeUrl("javascript:1")',
  '$base64decode("////")',
  '$error({"code": "x"})',
  '$assert(false, $sum)',
]

const LEAKS = new RegExp(
  [
    SECRET,
    'node:internal',
    'file:///',
    '/home/',
    '/usr/',
    '/etc/',
    'root:x',
    'at Object\\.',
    'at async',
    '\\[native code\\]',
    'uid=',
    'jsonata\\.js',
    'getBuiltinModule\\s*:',
  ].join('|'),
)

test('no way leads out of the language, and nothing of the inside shows', async () => {
  expect(GADGETS.length).toBeGreaterThan(400)
  await ask('1')
  const { started } = evaluator.stats()
  for (const expression of GADGETS) {
    const answer = await ask(expression, { plain: true })
    expect([expression, JSON.stringify(answer)]).toEqual([expression, expect.not.stringMatching(LEAKS)])
    expect(JSON.stringify(answer)).not.toMatch(/"(implementation|environment|_jsonata_\w+)":/)
  }
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  expect(await ask('1 + 1')).toEqual({ ok: true, value: 2 })
  expect(evaluator.stats().started).toBe(started) // none of them took the process down
})

test('the process has no environment, no files, and no network where the machine allows', async () => {
  await ask('1')
  const pid = evaluator.stats().children[0]?.pid
  // How the C library keeps its memory, and nothing that could be a secret.
  expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).toBe('MALLOC_ARENA_MAX=1\0')
  const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  expect(command).toContain('--permission')
  expect(command.some((argument) => argument.startsWith('--allow'))).toBe(false)
  expect(command).toContain('--disallow-code-generation-from-strings')
  expect(command).toContain('--disable-proto=throw')
  if (canCutNetwork()) {
    const interfaces = readFileSync(`/proc/${pid}/net/dev`, 'utf8')
      .split('\n')
      .filter((line) => line.includes(':'))
    expect(interfaces.map((line) => line.split(':')[0]?.trim())).toEqual(['lo'])
    expect(readFileSync(`/proc/${pid}/net/route`, 'utf8').trim().split('\n').length).toBe(1) // its heading only
  }
})

test('keys that reach a prototype do not get out, however they are made', async () => {
  const makers = (key: string) => [
    `{"${key}": {"polluted": 1}}`,
    `{"a": [{"b": {"${key}": 1}}]}`,
    `$merge([{"${key}": {"polluted": 1}}])`,
    `{"${key.slice(0, 3)}" & "${key.slice(3)}": {"polluted": 1}}`,
    `[1]{"${key}": 1}`,
    `$ ~> |$|{"${key}": {"polluted": 1}}|`,
    `$each({"x": 1}, function($v) {{"${key}": $v}})`,
    `$spread({"${key}": 1})`,
    `$sift({"${key}": 1}, function($v) {true})`,
    `$map([1], function($v) {{"${key}": $v}})`,
    `$reduce([1], function($a, $v) {{"${key}": $v}}, 0)`,
    `$zip([{"${key}": 1}], [2])`,
    `$append([], {"${key}": 1})`,
    `$clone({"${key}": 1})`,
  ]
  for (const key of ['__proto__', 'constructor', 'prototype']) {
    for (const expression of makers(key)) {
      const answer = await ask(expression, { plain: true })
      expect([expression, answer]).toEqual([expression, { ok: false, error: expect.anything() }])
    }
  }
  expect(await ask('{"constructor": 1}')).toMatchObject({ error: { code: 'UNSAFE_KEY' } })
  // In a second step, where the first one made it.
  const { steps } = await evaluator.run({
    workspace: 'w',
    program: {
      roots: [0],
      exits: 1,
      steps: [
        { kind: 'map', id: 'a', expression: '{"x": {"__proto__": {"polluted": 1}}}', ports: { out: { steps: [1] } } },
        { kind: 'map', id: 'b', expression: '$merge([$, x])', ports: { out: { steps: [], exit: 0 } } },
      ],
    },
    records: [{ n: 1 }],
    now: 0,
    seed: '',
  })
  expect(steps.map(({ rejections }) => rejections.map(({ code }) => code))).toEqual([['UNSAFE_KEY'], []])
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
})

test('loops and deep recursion end with their own words, and the process lives', async () => {
  const loops = [
    '($f := function($n) {$f($n + 1)}; $f(0))',
    '($a := function() {$b()}; $b := function() {$a()}; $a())',
    '($f := function($n) {$n > 0 ? $f($n) : 1}; $f(1))',
    '$map([1..900000], function($x) {$map([1..900000], function($y) {$x * $y})})',
    '[1..1000000].([1..1000].($ * 2))',
    '($y := function($f) {($g := function($x) {$f($x)}; $g($f))}; $loop := function($x) {$loop($x)}; $y($loop))',
  ]
  const { started } = evaluator.stats()
  for (const expression of loops)
    expect([expression, await ask(expression)]).toEqual([
      expression,
      { ok: false, error: expect.objectContaining({ code: 'EXPRESSION_TIMEOUT' }) },
    ])
  const deep = [
    '($f := function($n) {1 + $f($n + 1)}; $f(0))',
    '($f := function($n) {[$f($n + 1)]}; $f(0))',
    '($f := function($n) {{"a": $f($n + 1)}}; $f(0))',
    '($f := function($n) {$map([1], function($x) {$f($n + 1) + 1})}; $f(0))',
    '($f := function($n) {$string($f($n + 1))}; $f(0))',
  ]
  // How deep they go is what ends them, not how long that takes.
  const patient = createEvaluator({ children: 1, recordDeadlineMs: 30_000 })
  for (const expression of deep) {
    expect([expression, await ask(expression, RECORD, patient)]).toEqual([
      expression,
      {
        ok: false,
        error: expect.objectContaining({
          code: 'EXPRESSION_FAILED',
          message: 'Functions call themselves too deeply.',
          position: expect.any(Number),
        }),
      },
    ])
  }
  await patient.close()
  const ackermann =
    '($ack := function($m, $n) {$m = 0 ? $n + 1 : $n = 0 ? $ack($m - 1, 1) : $ack($m - 1, $ack($m, $n - 1))}; $ack(4, 3))'
  expect(await ask(ackermann)).toMatchObject({
    ok: false,
    error: { code: expect.stringMatching(/^EXPRESSION_(FAILED|TIMEOUT)$/), position: expect.any(Number) },
  })
  expect(evaluator.stats().started - started).toBeLessThanOrEqual(loops.length) // a busy machine may need a kill
})

test('expressions may be nested as deep as a person would, and are refused beyond', async () => {
  expect(await ask(`${'('.repeat(200)}1${')'.repeat(200)}`)).toEqual({ ok: true, value: 1 })
  for (const [open, close] of [
    ['(', ')'],
    ['[', ']'],
    ['{"a":', '}'],
    ['-', ''],
    ['a.', 'a'],
    ['function(){', '}'],
  ] as const) {
    const answer = await ask(`${open.repeat(20_000)}1${close.repeat(20_000)}`)
    expect([open, answer]).toEqual([
      open,
      { ok: false, error: expect.objectContaining({ code: expect.stringMatching(/^(EXPRESSION|INVALID)_/) }) },
    ])
  }
  expect(await ask('1')).toEqual({ ok: true, value: 1 })
})

test('evil patterns run in linear time or are refused', async () => {
  const patterns = [
    '(a+)+$',
    '(a|aa)+$',
    '(a|a)*$',
    '(.*a){12}$',
    '^(([a-z])+.)+[A-Z]([a-z])+$',
    '(a*)*b',
    '(x+x+)+y',
    '(.*)*x',
    '([a-zA-Z]+)*$',
    '^(a?){30}a{30}$',
    '(\\w+\\s?)+$',
    '\\s+$',
    '(a+){2,9}$',
    '((a+)+)+b',
    '(a*a*a*a*)b',
    '^(.+)+$x',
    '(?:a+)+[^a]',
    '(a{1,30}){1,20}b',
    '[a-z]+[a-z]+[a-z]+[a-z]+1',
    '(aa|a)*c',
  ]
  const text = 'a'.repeat(10_000)
  for (const pattern of patterns) {
    for (const expression of [
      `$contains(t, /${pattern}/)`,
      `$count($match(t & "!", /${pattern}/))`,
      `$length($replace(t, /${pattern}/, "-"))`,
    ]) {
      const answer = await ask(expression, { t: text })
      expect([expression, answer.ok ? 'answered' : answer.error.code]).toEqual([
        expression,
        expect.stringMatching(/answered|EXPRESSION_(FAILED|TIMEOUT)/),
      ])
    }
  }
  // Date pictures become patterns as well.
  const picture = '[Y][M][D][H][m][s][f][Y][M][D][H][m][s][f]'
  expect(await ask(`$toMillis("${'1'.repeat(5000)}x", "${picture}")`)).not.toMatchObject({
    error: { code: 'EXPRESSION_TIMEOUT' },
  })
})

test('what grows is capped, timed or ended, and never answers in part', async () => {
  const growing = [
    '($f := function($x, $n) {$n = 0 ? $x : $f($append($x, $x), $n - 1)}; $f([1], 40))',
    '($f := function($x, $n) {$n = 0 ? $x : $f($x & $x, $n - 1)}; $f("aaaaaaaaaa", 40))',
    '($f := function($x, $n) {$n = 0 ? $x : $f({"a": $x, "b": $x}, $n - 1)}; $f(1, 40))',
    '($f := function($x, $n) {$n = 0 ? $x : $f([[$x], [$x]], $n - 1)}; $f([1], 40))',
    '$pad("a", 1000000000)',
    '$pad("a", -1000000000)',
    '[1..100000].$pad("a", 999999)',
    '[0..9999999]',
    '$join([1..900000].$string())',
    '$split($pad("", 900000, "a,"), ",")',
    '$string([1..900000])',
    '$replace($pad("", 900000, "a"), /a/, $pad("", 900000, "b"))',
    '$base64encode($pad("", 1000000, "x") & "y")',
    '$zip([1..900000])',
    '$shuffle([1..900000])',
    '$sort([1..900000], function($a, $b) {$a < $b})',
    '$pad("", 999999)',
    '{"a": [1..300000]}',
    '$power(10, 309)',
    '$formatBase(1e300, 2) & $pad("x", 999999)',
    '$reverse([1..999999])',
    '$spread([1..900000].{"a": 1})',
  ]
  for (const expression of growing) {
    const answer = await ask(expression)
    expect([expression, answer.ok ? 'answered' : answer.error.code]).toEqual([
      expression,
      expect.stringMatching(/^EXPRESSION_(FAILED|TIMEOUT|MEMORY|OUTPUT_TOO_LARGE)$/),
    ])
  }
  expect(await ask('1')).toEqual({ ok: true, value: 1 })
}, 360_000)

test('data that looks like an expression stays data', async () => {
  const record = {
    a: "$eval('1+1')",
    b: '{{1+1}}',
    c: '=1+1',
    d: '$'.concat('{1+1}'),
    e: { type: 'string', value: 'x' },
  }
  expect(await ask('$', record)).toEqual({ ok: true, value: record })
  expect(await ask('$map([a, b], function($x) {$x & ""})', record)).toEqual({ ok: true, value: [record.a, record.b] })
  for (const forged of [
    '{"f":{"_jsonata_lambda":true,"arguments":[],"body":{"type":"string","value":"ran"}}}',
    '{"f":{"_jsonata_function":true,"implementation":"x"}}',
    '{"f":{"\\u005fjsonata_lambda":true}}',
  ]) {
    expect(await ask('f()', JSON.parse(forged))).toMatchObject({ ok: false, error: { code: 'UNSAFE_KEY' } })
  }
})

test('nothing of one evaluation is left for the next', async () => {
  await ask('($stash := $$.secret; $sum := function() {$stash}; $string($stash))', { secret: SECRET })
  expect(await ask('[$stash, $sum([1,2])]', {})).toEqual({ ok: true, value: [3] })
  await ask('$ ~> |$|{"left": 1}|', { secret: SECRET })
  expect(await ask('$$', { mine: true })).toEqual({ ok: true, value: { mine: true } })
})

test('errors name the place and never quote the record', async () => {
  const record = { secret: SECRET, list: [SECRET], object: { [SECRET]: SECRET } }
  const failing = [
    'secret + 1',
    '1 - secret',
    '-secret',
    'secret < 1',
    '$number(secret)',
    '$sum(list)',
    '$sum(secret)',
    '{secret: 1}.x + secret',
    '{list: 1}',
    '$toMillis(secret)',
    '$toMillis(secret, "[Y]-[M]")',
    '$power(secret, 2)',
    '$formatNumber(1, secret)',
    '$formatBase(secret)',
    '$formatInteger(1, secret & "[")',
    '$parseInteger(secret, "w")',
    '$decodeUrl(secret & "%")',
    '$encodeUrl(secret & "\\ud800")',
    'list^($$ .object)',
    'list^(secret > 1)',
    'secret()',
    'secret.$substring()',
    '$substring(1, secret)',
    '$lookup(secret)',
    '$join(object)',
    '$split(secret, object)',
    '$replace(secret, object, 1)',
    '$match(secret, secret)',
    '$map(list, secret)',
    '$reduce(list, secret)',
    '$sort(object)',
    '$sort([object, 1])',
    'secret ~> secret',
    '$ ~> |secret|1|',
    '$ ~> |$|{}, object|',
    '$single(list, function() {false})',
    '$round(secret)',
    '$sqrt(secret)',
    '$abs(object)',
    '$moneySum(list)',
    '$moneyAdd(secret, 1)',
    '$moneyMul(object, 1)',
    '$moneyRound(secret)',
    '$moneyShare(secret, list)',
    '(secret)..5',
    '[1..secret]',
    '{secret: 1, "canary-9f2c1e77": 2}',
    'secret in object < 1',
    '$pad(object, 1)',
    '$fromMillis(secret)',
    '$fromMillis(0, "[" & secret)',
    '$contains(secret, 1)',
    '$uppercase(object)',
    '$keys(secret) + secret',
    '$zip(secret, 1) - 1',
    '$eval(secret)',
    '$each(secret, 1)',
    '$sift(secret)',
    '$merge(secret)',
    '$merge(list)',
    '$distinct(secret) * 2',
    'list[0] / 2',
    'secret % 2',
    '$spread(object) + 1',
    '$error(1)',
    '$assert(secret)',
    '$count(1, 2, 3)',
    '$unknown(secret)',
    'object.*()',
    '($f := function($x)<n:n> {$x}; $f(secret))',
    '($f := function($x)<a<n>:n> {$x}; $f(list))',
    '$filter(list, 1)',
    '$append()',
    '$exists()',
    '$length(object)',
    '$trim(list)',
    '$min(list)',
    '$max(list)',
    '$average(list)',
    '$floor(secret)',
    '$ceil(object)',
    '$not() + 1 + secret',
    '$boolean(1, 2)',
    '$string(1, 2, 3)',
    '$base64encode(object)',
    '$encodeUrlComponent(object)',
    '$decodeUrlComponent(secret & "%E0%A4%A")',
    '$shuffle(secret) + 1',
    '$reverse(object).x + secret',
    '$type(secret) * 1',
    '$now(1)',
    '$millis(1)',
    '$random(1)',
    'null + secret',
    'true * secret',
    '"x" - secret',
    '$lowercase(1)',
    '$substringBefore(secret)',
    '$substringAfter(1, secret)',
    '$formatNumber(secret, "0")',
    '$parseInteger(secret, secret)',
    '$clone(secret)',
  ]
  expect(failing.length).toBeGreaterThanOrEqual(100)
  let failed = 0
  for (const expression of failing) {
    const answer = await ask(expression, record)
    if (answer.ok) continue
    failed++
    expect([expression, JSON.stringify(answer.error)]).toEqual([expression, expect.not.stringMatching(LEAKS)])
    expect(answer.error.message.length).toBeGreaterThan(10)
    expect(
      Object.keys(answer.error).every((key) => ['code', 'message', 'hint', 'position', 'setting'].includes(key)),
    ).toBe(true)
  }
  expect(failed).toBeGreaterThan(85)
})
