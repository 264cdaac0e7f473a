import { describe, expect, test } from 'vitest'
import { type Files, importsOf, isSource, trackedFiles } from './support/source-tree.ts'

type Rule = {
  /** Files it is about: the rule with the longest prefix wins. */
  readonly area: string
  /** Paths of ours that may be imported, by prefix; the area itself always may. */
  readonly ours?: readonly string[]
  /** Paths of ours of which only types may be imported. */
  readonly types?: readonly string[]
  /** Packages, with all below their name. `node:` stands for Node's own. */
  readonly packages?: readonly string[]
}

const CONNECTOR = { ours: ['connectors/kit/'], packages: ['typebox', 'node:'] }
// A sandbox shares nothing with the connector that it judges, or both would be wrong alike.
const SANDBOX = { packages: ['fastify', 'node:'] }

/** Who may import whom. A folder without a rule is refused: say first where it stands. */
const RULES: readonly Rule[] = [
  { area: 'server/flow/', packages: ['typebox'] },
  { area: 'server/contract/', ours: ['server/flow/'], packages: ['typebox'] },
  { area: 'connectors/kit/', packages: ['typebox', 'big.js', 'node:'] },
  { area: 'connectors/xero/', ...CONNECTOR },
  { area: 'connectors/emarsys/', ...CONNECTOR },
  { area: 'connectors/bigcommerce/', ...CONNECTOR },
  { area: 'connectors/csv/', ...CONNECTOR, packages: [...CONNECTOR.packages, 'ssh2'] },
  { area: 'connectors/chat/', ...CONNECTOR },
  { area: 'connectors/email/', ...CONNECTOR, packages: [...CONNECTOR.packages, 'nodemailer'] },
  { area: 'connectors/http/', ...CONNECTOR },
  { area: 'connectors/xero/sandbox/', ...SANDBOX },
  { area: 'connectors/emarsys/sandbox/', ...SANDBOX },
  { area: 'connectors/bigcommerce/sandbox/', ...SANDBOX },
  { area: 'connectors/email/sandbox/', packages: [...SANDBOX.packages, 'smtp-server'] },
  {
    area: 'connectors/index.ts',
    ours: [
      ...['xero', 'emarsys', 'bigcommerce', 'csv', 'chat', 'email', 'http'].map(
        (name) => `connectors/${name}/index.ts`,
      ),
      'connectors/kit/',
    ],
  },
  {
    area: 'connectors/sandbox.ts',
    ours: ['xero', 'emarsys', 'bigcommerce', 'email'].map((name) => `connectors/${name}/sandbox/server.ts`),
    packages: ['node:'],
  },
  {
    area: 'server/run/',
    ours: ['server/flow/', 'server/schedule/wall-clock.ts', 'connectors/kit/'],
    types: ['server/evaluate/program.ts', 'server/connect/connections.ts'],
    packages: ['typebox', 'big.js', 'node:'],
  },
  {
    area: 'server/evaluate/',
    ours: ['connectors/kit/'],
    types: ['server/flow/'],
    packages: ['jsonata', 're2js', 'big.js', 'node:'],
  },
  {
    area: 'server/connect/',
    ours: ['connectors/kit/', 'server/store/'],
    types: ['kysely'],
    packages: ['undici', 'ipaddr.js', 'kysely', 'node:'],
  },
  {
    area: 'server/store/',
    // Of the executor only what the journal's interface says, its errors included; and what came from outside is read in
    // one way, its long numbers and small pieces too.
    ours: [
      'server/flow/',
      'server/audit/',
      'server/run/journal/absent-after.ts',
      'server/run/journal/journal.ts',
      'server/run/journal/trace-unwritable.ts',
      'server/run/record/keys.ts',
      'connectors/kit/json.ts',
      'connectors/kit/blocks.ts',
    ],
    types: ['server/run/', 'connectors/kit/'],
    packages: ['kysely', 'pg', 'graphile-worker', 'node:'],
  },
  { area: 'server/postgres/', packages: ['node:'] },
  { area: 'server/schedule/', types: ['server/flow/', 'typebox'], packages: ['croner'] },
  {
    area: 'server/worker/',
    ours: ['server/run/', 'server/flow/', 'server/store/', 'server/audit/', 'connectors/kit/'],
    types: ['server/connect/connections.ts'],
    packages: ['kysely', 'graphile-worker', 'node:'],
  },
  // Loaded by switch; what it may say of a run stands in it alone.
  {
    area: 'server/telemetry/',
    types: [
      'server/run/journal/journal.ts',
      'server/run/journal/parts.ts',
      'server/worker/watch.ts',
      'server/api/operations/own-measures.ts',
    ],
    packages: ['@opentelemetry/', 'node:'],
  },
  {
    area: 'server/alert/',
    ours: ['server/store/', 'server/schedule/wall-clock.ts', 'connectors/kit/'],
    types: ['server/connect/connections.ts', 'kysely'],
    packages: ['kysely', 'node:'],
  },
  {
    area: 'server/weekly/',
    ours: [
      'server/store/',
      'server/schedule/wall-clock.ts',
      'server/contract/paths.ts',
      'server/contract/number-format.ts',
      'server/mail.ts',
      'connectors/kit/visible-text.ts',
    ],
    types: ['server/contract/automations.ts', 'kysely'],
    packages: ['kysely', 'node:'],
  },
  {
    area: 'server/approval/',
    ours: ['server/store/', 'server/mail.ts', 'connectors/kit/visible-text.ts'],
    types: ['kysely'],
    packages: ['kysely'],
  },
  {
    area: 'server/close/',
    ours: ['server/store/', 'server/audit/', 'connectors/kit/'],
    types: ['server/connect/connections.ts', 'server/contract/closing.ts', 'kysely'],
    packages: ['kysely', 'node:'],
  },
  { area: 'server/audit/', packages: ['node:'] },
  { area: 'server/proof/', packages: ['openid-client', 'qr', 'node:'] },
  {
    area: 'server/api/',
    ours: [
      'server/store/',
      'server/flow/',
      'server/audit/',
      'server/close/record.ts',
      // The link that a weekly letter has, and one that is sent by hand.
      'server/weekly/letter.ts',
      'server/weekly/stop-link.ts',
      // By which names a record is known, as runs index them.
      'server/run/record/keys.ts',
      'server/contract/',
      'connectors/index.ts',
      'connectors/kit/',
      'server/schedule/',
      'server/proof/',
    ],
    types: ['server/config.ts', 'server/connect/', 'server/evaluate/'],
    packages: ['fastify', '@fastify/', 'ajv', 'ajv-formats', 'typebox', 'kysely', 'node:'],
  },
  // Talks to the product as anybody could, and prepares a database of its own.
  { area: 'server/demo/', ours: ['server/'], packages: ['kysely', 'node:'] },
  { area: 'server/commands/', ours: ['server/'], packages: ['node:'] },
  // The files right under server/ wire the parts.
  {
    area: 'server/',
    ours: ['server/', 'connectors/index.ts', 'connectors/kit/', 'package.json'],
    packages: ['nodemailer', 'fastify', '@fastify/', 'typebox', 'kysely', 'node:'],
  },
  {
    area: 'editor/',
    ours: ['server/flow/', 'server/contract/', 'server/schedule/wall-clock.ts'],
    packages: [
      'react',
      'react-dom',
      '@mantine/',
      '@tanstack/',
      '@tabler/',
      '@fontsource-variable/',
      '@xyflow/react',
      'elkjs',
      '@codemirror/',
      '@lezer/highlight',
      'jsonata',
    ],
  },
  { area: 'editor/vite.config.ts', packages: ['vite', '@vitejs/'] },
  { area: 'migrations/', packages: ['kysely'] },
]

/** Folders of one part, the lowest first: a file imports of its own and of those further down, so that no two need each other. */
const FLOORS: { readonly [part: string]: readonly (readonly string[])[] } = {
  'server/store/': [
    ['database'],
    ['key', 'people', 'period', 'measure'],
    ['workspace', 'connection', 'flow', 'hook', 'trace', 'alert'],
    ['run'],
    ['exception'],
    ['erasure', 'journal'],
    ['backup', 'effect'],
    ['offboarding'],
  ],
  'server/api/': [
    ['http'],
    ['flow', 'people'],
    ['view'],
    ['workspace', 'connection', 'draft', 'exception', 'hook', 'alert'],
    ['switch'],
    ['publish', 'run', 'period'],
    ['client', 'operations'],
  ],
  'server/flow/': [['schema', 'catalog'], ['document'], ['check'], ['plan']],
  'server/run/': [['record', 'journal'], ['call'], ['batch'], ['node', 'write'], ['walk']],
  'connectors/xero/': [
    ['client', 'sandbox'],
    ['read'],
    ['write', 'setting', 'report'],
    ['contact', 'invoice', 'payment', 'journal'],
  ],
}

/** Packages whose values are imported in one place only, so that they can be replaced there. */
const HOMES: { readonly [name: string]: readonly string[] } = {
  // On the page only its parser, in a worker, for marks while somebody types.
  jsonata: ['server/evaluate/', 'editor/expression/parse-worker.ts'],
  re2js: ['server/evaluate/'],
  undici: ['server/connect/'],
  'ipaddr.js': ['server/connect/egress.ts'],
  pg: ['server/store/database/database.ts'],
  ssh2: ['connectors/csv/sftp.ts'],
  nodemailer: ['connectors/email/', 'server/mail.ts'],
  croner: ['server/schedule/schedule.ts'],
  'graphile-worker': ['server/worker/jobs.ts', 'server/store/database/graphile.ts'],
  fastify: [
    'server/app.ts',
    'connectors/xero/sandbox/',
    'connectors/emarsys/sandbox/',
    'connectors/bigcommerce/sandbox/',
    'connectors/email/sandbox/',
  ],
  'smtp-server': ['connectors/email/sandbox/'],
  vite: ['editor/vite.config.ts'],
  '@xyflow/react': ['editor/canvas/', 'editor/edit/'],
  elkjs: ['editor/canvas/tidy.ts'],
  'openid-client': ['server/proof/single-sign-on.ts'],
  qr: ['server/proof/qr-code.ts'],
  '@opentelemetry/api': ['server/telemetry/'],
  '@opentelemetry/exporter-trace-otlp-http': ['server/telemetry/'],
  '@opentelemetry/resources': ['server/telemetry/'],
  '@opentelemetry/sdk-trace': ['server/telemetry/'],
  '@codemirror/view': ['editor/expression/'],
  '@codemirror/state': ['editor/expression/'],
}

const ENVIRONMENT: { readonly [file: string]: string } = {
  'server/config.ts': 'the one place that reads it',
}

const MOST_LINES = 400
/** Longer files, with their length at most and why. A waiver may only shrink; one that is not needed is refused. */
const LONG_FILES: { readonly [file: string]: { readonly lines: number; readonly why: string } } = {}

/** `prefix` is a file, a folder (ends in /), or the name of a package. */
const covers = (prefix: string, target: string): boolean =>
  prefix.endsWith('/') || prefix.endsWith(':')
    ? target.startsWith(prefix)
    : target === prefix || target.startsWith(`${prefix}/`)

const PROGRAM = /^(?:server|connectors|editor|migrations)\//

function ruleFor(path: string): Rule | undefined {
  return RULES.filter(({ area }) => {
    if (area !== 'server/') return covers(area, path)
    return /^server\/[^/]+$/.test(path) // a new folder under server/ needs a rule of its own
  }).sort((a, b) => b.area.length - a.area.length)[0]
}

function wrongImports(files: Files): string[] {
  return [...files]
    .filter(([path]) => isSource(path) && PROGRAM.test(path))
    .flatMap(([path, text]) => {
      const rule = ruleFor(path)
      if (!rule) return [`${path}: no rule says what it may import`]
      const { area, ours = [], types = [], packages = [] } = rule
      return importsOf(path, text)
        .filter(({ target, typeOnly, ...one }) => {
          // Files right under a folder whose subfolders have rules of their own are its area, not the subfolders.
          if (one.ours && covers(area, target) && ruleFor(target) === rule) return false
          const allowed = one.ours ? ours : packages
          return !(
            allowed.some((prefix) => covers(prefix, target)) ||
            (typeOnly && types.some((prefix) => covers(prefix, target)))
          )
        })
        .map(({ target, typeOnly }) => `${path} → ${target}${typeOnly ? ' (types)' : ''}`)
    })
}

/** What a folder imports of one beside or above it, and folders that stand on no floor. */
function upwards(files: Files): string[] {
  return Object.entries(FLOORS).flatMap(([part, floors]) => {
    const folderOf = (path: string) => (path.startsWith(part) ? path.slice(part.length).split('/', 1)[0]! : '')
    const floorOf = (folder: string) => floors.findIndex((floor) => floor.includes(folder))
    return [...files]
      .filter(([path]) => isSource(path) && path.slice(part.length).includes('/') && path.startsWith(part))
      .flatMap(([path, text]) => {
        const folder = folderOf(path)
        if (floorOf(folder) < 0) return [`${path}: its folder stands on no floor`]
        return importsOf(path, text)
          .filter(({ target }) => target.startsWith(part) && folderOf(target) !== folder)
          .filter(({ target }) => floorOf(folderOf(target)) >= floorOf(folder) || floorOf(folderOf(target)) < 0)
          .map(({ target }) => `${path} → ${target}`)
      })
  })
}

function strayPackages(files: Files): string[] {
  return [...files]
    .filter(([path]) => isSource(path) && PROGRAM.test(path))
    .flatMap(([path, text]) =>
      importsOf(path, text)
        .filter(({ target, ours, typeOnly }) => !ours && !typeOnly && Object.hasOwn(HOMES, target))
        .filter(({ target }) => !HOMES[target]!.some((home) => covers(home, path)))
        .map(({ target }) => `${path} imports ${target}`),
    )
}

function unusedHomes(files: Files): string[] {
  return Object.entries(HOMES).flatMap(([name, homes]) =>
    homes
      .filter(
        (home) =>
          ![...files].some(
            ([path, text]) => covers(home, path) && importsOf(path, text).some(({ target }) => covers(name, target)),
          ),
      )
      .map((home) => `${home} does not import ${name}`),
  )
}

function unreadableImports(files: Files): string[] {
  return [...files]
    .filter(([path]) => isSource(path))
    .flatMap(([path, text]) =>
      importsOf(path, text)
        .filter(({ ours }) => ours)
        .flatMap(({ written, target }) => {
          if (!/\.(tsx?|css|json)$/.test(written)) return [`${path}: '${written}' does not say its file's ending`]
          // Node runs .ts as it is, but not .tsx.
          const runsInNode = /^(?:server|connectors|migrations)\//.test(path)
          if (runsInNode && written.endsWith('.tsx')) return [`${path}: '${written}' cannot run in Node`]
          return files.has(target) ? [] : [`${path}: '${written}' is not there`]
        }),
    )
}

function environmentReaders(files: Files): string[] {
  return [...files.keys()].filter(
    (path) =>
      isSource(path) &&
      PROGRAM.test(path) &&
      /\bprocess\s*\.\s*env\b|\bprocess\[['"]env|import\.meta\.env/.test(
        files.get(path)!.replace(/NodeJS\.ProcessEnv/g, ''),
      ) &&
      !Object.hasOwn(ENVIRONMENT, path),
  )
}

/** Where SQL is made of text, and of what text. Everywhere else values are parameters and names are `sql.id`. */
const RAW_SQL: { readonly [path: string]: string } = {
  'server/store/backup/backup.ts': 'names of tables and columns as the catalog quotes them',
  'server/store/erasure/erasure-record.ts': 'names that stand in the same file',
  'server/store/database/graphile.ts': 'statements of graphile-worker, with their parameters',
  'server/store/run/lane-caps.ts': 'names that stand in the same file and its callers',
  'server/store/database/logins.ts': 'two verbs; a verifier without quotes, which DDL takes as no parameter',
  'server/store/database/one-trip.ts': '“begin” and “commit”',
  'server/store/database/statement-limit.ts': 'a number of milliseconds',
  'server/store/backup/restore.ts': 'names that are in the catalog, or held to a pattern: the file may be anybody’s',
  'server/store/offboarding/workspace-export.ts': 'lists of columns that stand in the same file',
}

function rawSql(files: Files): string[] {
  return [...files.keys()].filter(
    (path) =>
      path.startsWith('server/') &&
      PROGRAM.test(path) &&
      MADE_OF_TEXT.test(files.get(path)!) &&
      !Object.hasOwn(RAW_SQL, path),
  )
}

/** Also a statement that the driver itself is given as a template with something in it, or as texts put together. */
const MADE_OF_TEXT =
  /\bsql\s*\.\s*(?:raw|lit)\s*\(|\bCompiledQuery\s*\.\s*raw\b|\.query\(\s*(?:`[^`]*\$\{|(?:'[^']*'|"[^"]*"|`[^`]*`)\s*\+|\w+\s*\+)/

/** Programs are started with a list of arguments: what takes a line for a shell to read is not used at all. */
function shells(files: Files): string[] {
  return [...files.keys()].filter(
    (path) =>
      PROGRAM.test(path) &&
      isSource(path) &&
      /import[^;'"]*[{,\s]exec(?:Sync)?\b[^'"]*['"](?:node:)?child_process|\bshell\s*:\s*(?!false\b)\w|\bspawn(?:Sync)?\(\s*['"`](?:\/bin\/)?(?:ba|da|z)?sh['"`]/.test(
        files.get(path)!,
      ),
  )
}

/** Where secrets that somebody brings are held against what is kept: in the same time, however much of them is right. */
const COMPARES_SECRETS = /^server\/(?:api|weekly)\/|^server\/store\/people\/people\.ts$/

function hastyComparisons(files: Files): string[] {
  return [...files.keys()].filter(
    (path) => COMPARES_SECRETS.test(path) && /\.equals\(|\bBuffer\.compare\(/.test(files.get(path)!),
  )
}

function longFiles(files: Files, waivers = LONG_FILES): string[] {
  const found: string[] = []
  for (const [path, text] of files) {
    if (!isSource(path) || !/^(?:server|connectors|editor)\//.test(path)) continue
    const lines = text.split('\n').length - 1
    const most = waivers[path]?.lines ?? MOST_LINES
    if (lines > most) found.push(`${path} has ${lines} lines, ${most} at most`)
    if (waivers[path] && lines <= MOST_LINES) found.push(`${path} needs no waiver any more`)
  }
  for (const path of Object.keys(waivers)) if (!files.has(path)) found.push(`${path} is gone; so goes its waiver`)
  return found
}

function barrels(files: Files): string[] {
  const LISTS = /^connectors\/(?:[a-z0-9-]+\/)?index\.ts$/
  return [...files]
    .filter(
      ([path, text]) =>
        isSource(path) && ((/\/index\.tsx?$/.test(path) && !LISTS.test(path)) || /^export \*/m.test(text)),
    )
    .map(([path]) => path)
}

/** `any` as a type, and checks switched off, where nothing says why. */
function unexplained(files: Files): string[] {
  const found: string[] = []
  for (const [path, text] of files) {
    if (!isSource(path)) continue
    for (const [index, line] of text.split('\n').entries()) {
      const before = text.split('\n')[index - 1] ?? ''
      // Texts and comments speak of any thing.
      const code = line
        .replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`/g, "''")
        .replace(/\/\/.*|\/\*.*?(?:\*\/|$)|^\s*\*.*/g, '')
      const isAny = /(?:[:<|&=,]|\bas)\s*any\b(?!\s*[(\w])/.test(code)
      if (isAny && !/\/\/.*\w|\*\//.test(line) && !/\/\/.*\w|\*\//.test(before)) found.push(`${path}:${index + 1} any`)
      const [, how, why = ''] = /(?:\/\/|\/\*)\s*(@ts-\w+|biome-ignore)(.*)/.exec(line) ?? []
      if (how === '@ts-nocheck') found.push(`${path}:${index + 1} ${how}`)
      else if (how === 'biome-ignore' ? !/:\s*\w/.test(why) : how !== undefined && !/\w.*\w/.test(why))
        found.push(`${path}:${index + 1} ${how}`)
    }
  }
  return found
}

// Put together here, so that this file does not hold what it forbids.
const FORBIDDEN: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['an unfinished note', new RegExp(`\\b(?:TO${'DO'}|FIX${'ME'}|X${'XX'})\\b`)],
  ['a path of one machine', new RegExp(`(?<![\\w.:/-])/(?:${['wo' + 'rk', 'tm' + 'p'].join('|')})/`)],
  [
    'a package registry',
    new RegExp(
      ['registry\\.' + 'npmjs', 'registry\\.' + 'yarnpkg', 'npm\\.' + 'pkg\\.github', 'artifac' + 'tory'].join('|'),
      'i',
    ),
  ],
  ['a merge mark', /^(?:<{7}|>{7}) /m],
]

function forbiddenWords(files: Files): string[] {
  return [...files].flatMap(([path, text]) =>
    FORBIDDEN.flatMap(([name, pattern]) => {
      const found = pattern.exec(text)
      return found ? [`${path} holds ${name}: ${found[0].trim()}`] : []
    }),
  )
}

const tree = trackedFiles()
const bad = (files: { readonly [path: string]: string }): Files => new Map(Object.entries(files))

describe('the tree', () => {
  test('imports point the way the architecture says', () => {
    expect(wrongImports(tree)).toEqual([])
  })

  test('folders of a part stand on one another', () => {
    expect(upwards(tree)).toEqual([])
    for (const [part, floors] of Object.entries(FLOORS))
      for (const folder of floors.flat())
        expect(
          [...tree.keys()].some((path) => path.startsWith(`${part}${folder}/`)),
          folder,
        ).toBe(true)
  })

  test('a package that may be replaced is imported in its one place', () => {
    expect(strayPackages(tree)).toEqual([])
    expect(unusedHomes(tree)).toEqual([])
  })

  test('relative imports name an existing file with its ending', () => {
    expect(unreadableImports(tree)).toEqual([])
  })

  test('only the configuration reads the environment', () => {
    expect(environmentReaders(tree)).toEqual([])
    for (const path of Object.keys(ENVIRONMENT)) expect(tree.get(path), path).toMatch(/process(?:\.|\[['"])env/)
  })

  test('SQL is made of text in the places that are named, and nowhere else', () => {
    expect(rawSql(tree)).toEqual([])
    for (const path of Object.keys(RAW_SQL)) expect(tree.get(path), path).toMatch(MADE_OF_TEXT)
  })

  test('no program is started through a shell', () => {
    expect(shells(tree)).toEqual([])
    expect([...tree].filter(([path, text]) => PROGRAM.test(path) && text.includes('child_process'))).not.toEqual([])
  })

  test('hashes of secrets are compared in the same time, whatever is brought', () => {
    expect(hastyComparisons(tree)).toEqual([])
    const comparing = [...tree.keys()].filter((path) => COMPARES_SECRETS.test(path))
    expect(comparing.filter((path) => tree.get(path)!.includes('timingSafeEqual(')).length).toBeGreaterThan(6)
  })

  test('what is sent piece by piece asks before each piece whether it may still be sent', () => {
    const sending = [...tree.keys()].filter(
      (path) => /^server\/.*\.ts$/.test(path) && /Readable\.from\(/.test(tree.get(path)!),
    )
    expect(sending).toEqual(['server/api/http/download.ts'])
  })

  test('no file is long without a reason', () => {
    expect(longFiles(tree)).toEqual([])
  })

  test('nothing is imported through a file that only passes on', () => {
    expect(barrels(tree)).toEqual([])
  })

  test('checks are switched off only with a reason beside them', () => {
    expect(unexplained(tree)).toEqual([])
  })

  test('no tracked file holds an unfinished note, a path of one machine or a registry', () => {
    expect(forbiddenWords(tree)).toEqual([])
  })
})

describe('each check can fail', () => {
  test.each([
    ['server/flow/plan/plan.ts', "import { readFileSync } from 'node:fs'"],
    ['server/flow/plan/plan.ts', "import type { Journal } from '../../run/journal/journal.ts'"],
    ['server/run/execute.ts', "import { inWorkspace } from '../store/database/database.ts'"],
    ['server/run/execute.ts', "import { parse } from '../evaluate/program.ts'"],
    ['server/store/run/runs.ts', "import { executeRun } from '../../run/execute.ts'"],
    ['server/store/run/runs.ts', "import { StepError } from '../../../connectors/kit/errors.ts'"],
    ['server/api/run/run-routes.ts', "import { executeRun } from '../../run/execute.ts'"],
    ['server/api/run/run-routes.ts', "import { xero } from '../../../connectors/xero/index.ts'"],
    ['server/api/run/run-routes.ts', "import {\n  a,\n  b,\n} from '../../product.ts'"],
    ['connectors/kit/http.ts', "import { request } from 'undici'"],
    ['connectors/xero/client/client.ts', "import { call } from '../../emarsys/client.ts'"],
    ['connectors/xero/client/client.ts', "import { World } from '../sandbox/world.ts'"],
    ['connectors/xero/client/client.ts', `const { World } = await import${"('../sandbox/world.ts')"}`],
    ['connectors/xero/client/client.ts', "export { db } from '../../../server/store/database/database.ts'"],
    ['connectors/xero/sandbox/server.ts', "import { xeroError } from '../client/client.ts'"],
    ['editor/api.ts', "import { xero } from '../connectors/xero/index.ts'"],
    ['editor/api.ts', "import '../server/main.ts'"],
    ['migrations/0002-more.ts', "import { MIGRATIONS } from '../server/store/database/migrate.ts'"],
    ['server/postgres/process.ts', "import pg from 'pg'"],
    ['server/schedule/schedule.ts', "import { fireDue } from '../store/run/due.ts'"],
    ['server/worker/worker.ts', "import { buildApp } from '../app.ts'"],
    ['server/new-folder/file.ts', ''],
  ])('%s may not hold: %s', (path, text) => {
    expect(wrongImports(bad({ [path]: text }))).toHaveLength(1)
  })

  test('what the rules allow passes', () => {
    const fine = {
      'server/run/write/write.ts': "import type { Evaluated } from '../evaluate/program.ts'\nimport Big from 'big.js'",
    }
    expect(wrongImports(bad(fine))).toEqual([])
  })

  test('a folder that imports one beside it, one above it, or a file under none', () => {
    const files = {
      'server/store/key/a.ts': "import { b } from '../people/b.ts'\nimport { c } from '../database/c.ts'",
      'server/store/flow/a.ts': "import type { B } from '../run/b.ts'",
      'server/api/http/a.ts': "import { serveWebApp } from '../web-app.ts'",
      'server/api/new/a.ts': '',
    }
    expect(upwards(bad(files))).toHaveLength(4)
  })

  test('a package outside its place', () => {
    expect(strayPackages(bad({ 'server/run/record/map.ts': "import jsonata from 'jsonata'" }))).toHaveLength(1)
    expect(strayPackages(bad({ 'server/store/run/runs.ts': "import pg from 'pg'" }))).toHaveLength(1)
    expect(strayPackages(bad({ 'server/store/database/copy.ts': "import type { PoolClient } from 'pg'" }))).toEqual([])
    expect(unusedHomes(bad({}))).not.toEqual([])
  })

  test('an import without its ending, of nothing, or of JSX in Node', () => {
    const files = {
      'server/a.ts': "import { b } from './b'\nimport { c } from './c.ts'\nimport { d } from './d.tsx'",
      'server/d.tsx': '',
    }
    expect(unreadableImports(bad(files))).toHaveLength(3)
  })

  test('the environment read elsewhere', () => {
    const files = { 'server/api/a.ts': 'const port = process.env.PORT', 'editor/b.ts': "process['env']" }
    expect(environmentReaders(bad(files))).toEqual(['server/api/a.ts', 'editor/b.ts'])
  })

  test('SQL made of text', () => {
    const files = {
      'server/store/a.ts': 'sql.raw(it)',
      'server/api/b.ts': 'sql .lit(it)',
      'test/c.ts': 'sql.raw(x)',
      'server/store/d.ts': 'client.query(`select * from ${name}`)',
      'server/store/e.ts': "pool.query('select ' + name)",
      'server/store/f.ts': "pool.query('select 1', [name])",
    }
    const found = ['server/store/a.ts', 'server/api/b.ts', 'server/store/d.ts', 'server/store/e.ts']
    expect(rawSql(bad(files))).toEqual(found)
  })

  test('a program that a shell starts', () => {
    const files = {
      'server/a.ts': "import { exec } from 'node:child_process'",
      'connectors/b.ts': "import { spawn, execSync as run } from 'node:child_process'",
      'server/c.ts': "spawn('tar', ['-x', name], { shell: true })",
      'server/d.ts': "spawn('sh', ['-c', line])",
      'server/e.ts': "import { execFileSync, spawn } from 'node:child_process'\nspawn(program, [name])",
    }
    expect(shells(bad(files))).toEqual(['server/a.ts', 'connectors/b.ts', 'server/c.ts', 'server/d.ts'])
  })

  test('a hash of a secret that is compared byte by byte', () => {
    const files = { 'server/api/a.ts': 'kept.equals(given)', 'server/run/b.ts': 'before.equals(hash)' }
    expect(hastyComparisons(bad(files))).toEqual(['server/api/a.ts'])
  })

  test('a long file, a waiver that grows, and one that nobody needs', () => {
    const files = bad({ 'server/a.ts': '\n'.repeat(401), 'server/b.ts': '\n'.repeat(451), 'server/c.ts': '\n' })
    const why = 'for this test'
    const waivers = {
      'server/b.ts': { lines: 450, why },
      'server/c.ts': { lines: 450, why },
      'server/d.ts': { lines: 450, why },
    }
    expect(longFiles(files, waivers)).toHaveLength(4)
  })

  test('a barrel', () => {
    const files = {
      'server/run/index.ts': '',
      'server/all.ts': "export * from './a.ts'",
      'connectors/xero/index.ts': '',
    }
    expect(barrels(bad(files))).toEqual(['server/run/index.ts', 'server/all.ts'])
  })

  test('a check switched off without a word', () => {
    const silent = ['const a: an' + 'y = 1', 'f(x as an' + 'y)', '// @ts-' + 'ignore', '// biome' + '-ignore lint/a/b:']
    for (const line of silent) expect(unexplained(bad({ 'server/a.ts': line })), line).toHaveLength(1)
    const told = [
      '// answers of the sandbox\nconst a: an' + 'y = 1',
      '// @ts-' + 'expect-error read-only on purpose',
      '/** Undefined: an' + 'y will do */',
    ]
    for (const line of told) expect(unexplained(bad({ 'server/a.ts': line })), line).toEqual([])
  })

  test.each([
    '// TO' + 'DO: later',
    "readFileSync('/wo" + "rk/main/a')",
    '"/tm' + 'p/x"',
    'https://registry.' + 'npmjs.org/a',
  ])('a tracked file with %s', (text) => {
    expect(forbiddenWords(bad({ 'docs/a.md': text }))).toHaveLength(1)
  })
})
