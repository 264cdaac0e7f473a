import { existsSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { describe, expect, test } from 'vitest'
import { connectors } from '../connectors/index.ts'
import { REACTIONS } from '../connectors/kit/errors.ts'
import packageJson from '../package.json' with { type: 'json' }
import { PROBLEMS } from '../server/api/http/problems.ts'
import { CONFIG_TABLE } from '../server/config.ts'
import { join } from 'node:path'
import { ROOT, trackedFiles } from './support/source-tree.ts'

const page = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const readme = page('README.md')

/** The cells of the table with this head, row by row. */
function tableOf(text: string, head: string): string[][] {
  const lines = text.split('\n')
  const at = lines.indexOf(head)
  if (at < 0) throw new Error(`there is no table with the head ${head}`)
  const rows = lines.slice(at + 2)
  const end = rows.findIndex((line) => !line.startsWith('|'))
  return rows.slice(0, end < 0 ? rows.length : end).map((row) =>
    row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  )
}

/** All tables with this head one after the other. */
function tablesOf(text: string, head: string): string[][] {
  return text
    .split(`${head}\n`)
    .slice(1)
    .flatMap((rest) => tableOf(`${head}\n${rest}`, head))
}

const code = (text: string): string => `\`${text}\``

const scriptsNamed = (text: string): string[] => [
  ...[...text.matchAll(/\bnpm run ([a-z][\w:-]*)/g)].map((match) => match[1]!),
  ...[...text.matchAll(/\bnpm (start|test)\b/g)].map((match) => match[1]!),
]

/** Links to files of the tree that are not there. */
function deadLinks(path: string, text: string, exists: (path: string) => boolean): string[] {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1]!)
    .filter((link) => !/^(?:https?:|#)/.test(link))
    .map((link) => posix.normalize(posix.join(posix.dirname(path), link.replace(/#.*/, ''))))
    .filter((target) => !exists(target))
    .map((target) => `${path} → ${target}`)
}

/** Program files that a page names as code, and that are nowhere in the tree. */
function missingFiles(text: string, paths: readonly string[]): string[] {
  return [...text.matchAll(/`([\w./-]+\.tsx?)`/g)]
    .map((match) => match[1]!)
    .filter((named) => !paths.some((path) => path === named || path.endsWith(`/${named}`)))
}

/** Tests that a page names, as [group › title](file), and that are not in their file. */
function missingTests(path: string, text: string, read: (path: string) => string | undefined): string[] {
  return [...text.matchAll(/\[([^\]]+)\]\(([^)\s]+\.test\.ts)\)/g)].flatMap(([, title = '', link = '']) => {
    const file = posix.normalize(posix.join(posix.dirname(path), link))
    const source = read(file)
    if (source === undefined) return [`${file} is not there`]
    const stands = (part: string) => ["'", '"', '`'].some((quote) => startsCall(source, `${quote}${part}${quote}`))
    return title
      .split(' › ')
      .filter((part) => !stands(part))
      .map((part) => `${file}: ${part}`)
  })
}

/** Whether the literal is the first argument of a call somewhere, as the title of a test is. */
function startsCall(source: string, literal: string): boolean {
  for (let at = source.indexOf(literal); at >= 0; at = source.indexOf(literal, at + 1)) {
    if (/\(\s*$/.test(source.slice(Math.max(0, at - 80), at))) return true
  }
  return false
}

describe('the pages say what the code says', () => {
  test('environment variables', () => {
    expect(tableOf(readme, '| variable | default | meaning | example |')).toEqual(
      CONFIG_TABLE.map((variable) => [
        code(variable.name),
        variable.default === '' ? 'unset' : code(variable.default),
        variable.meaning,
        // An example in words is no text to copy.
        variable.example.includes(' ') ? variable.example : code(variable.example),
      ]),
    )
  })

  test('errors of the API', () => {
    expect(tableOf(readme, '| code | status | title | meaning |')).toEqual(
      Object.entries(PROBLEMS).map(([name, { status, title, meaning }]) => [code(name), `${status}`, title, meaning]),
    )
  })

  test('errors of steps and what follows from them', () => {
    const rows = tableOf(page('server/README.md'), '| code | reaction | when |')
    expect(rows.map(([name, reaction]) => [name, reaction])).toEqual(
      Object.entries(REACTIONS).map(([name, reaction]) => [code(name), reaction]),
    )
    expect(rows.filter(([, , when]) => !when)).toEqual([])
  })

  test('a reason for every direct dependency, and for no other', () => {
    const rows = tablesOf(readme, '| package | reason |')
    const { dependencies, devDependencies, optionalDependencies } = packageJson
    const names = [dependencies, devDependencies, optionalDependencies].flatMap((group) => Object.keys(group))
    expect(rows.map(([name]) => name).sort()).toEqual(names.map(code).sort())
    expect(rows.filter(([, reason]) => !reason)).toEqual([])
  })

  test('every package is held by its hash, and none runs a script of its own when it is installed', () => {
    const { packages } = JSON.parse(page('package-lock.json')) as {
      packages: Record<string, { integrity?: string; resolved?: string; hasInstallScript?: boolean }>
    }
    const installed = Object.entries(packages).filter(([path]) => path !== '')
    expect(installed.length).toBeGreaterThan(300)
    expect(installed.filter(([, { integrity }]) => !/^sha512-/.test(integrity ?? '')).map(([path]) => path)).toEqual([])
    // An address of its own would be a copy that nobody else has.
    expect(installed.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([])
    const scripted = installed.flatMap(([path, { hasInstallScript }]) =>
      hasInstallScript ? [path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)] : [],
    )
    expect(packageJson.allowScripts).toEqual(Object.fromEntries(scripted.map((name) => [name, false])))
    const { dependencies, devDependencies, optionalDependencies } = packageJson
    const versions = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([])
  })

  test('classes and policies of every write', () => {
    const rows = tableOf(page('docs/effects.md'), '| operation | class | policies, the default first |')
    const writes = connectors.flatMap(({ name, operations }) =>
      operations.flatMap((operation) =>
        operation.kind === 'write'
          ? [[code(`${name}.${operation.name}`), code(operation.effect), operation.policies.map(code).join(', ')]]
          : [],
      ),
    )
    expect(rows.sort()).toEqual(writes.sort())
  })

  test('every permission that an operation needs', () => {
    const needed = new Set(connectors.flatMap(({ operations }) => operations.flatMap(({ permissions }) => permissions)))
    // A token of its own, described in words.
    needed.delete('sales data token')
    expect([...needed].filter((name) => !readme.includes(code(name)))).toEqual([])
  })
})

describe('what the pages name is there', () => {
  test('each test that proves a prebuilt flow', () => {
    const text = page('docs/flows/tests.md')
    const cells = [...tableOf(text, '| what | test |'), ...tableOf(text, '| flow | what | test |')].map(
      (row) => row.at(-1)!,
    )
    const named = cells.map((cell) => /^`(test\/\S+)` (.+)$/.exec(cell)?.slice(1) ?? [cell, ''])
    expect(named.length).toBeGreaterThan(40)
    expect(named.filter(([file, name]) => !name || !page(file!).includes(`'${name}'`))).toEqual([])
    // Each flow of the gallery stands in it.
    const keys = new Set(tableOf(text, '| flow | what | test |').map(([key]) => key))
    const shipped = [...trackedFiles()].flatMap(([path, json]) =>
      path.startsWith('server/templates/') ? [String((JSON.parse(json) as { key: string }).key)] : [],
    )
    expect([...new Set(shipped)].sort()).toEqual([...keys].sort())
  })

  const pages = [...trackedFiles()].filter(([path]) => path.endsWith('.md'))

  const paths = [...trackedFiles()].map(([path]) => path)

  test.each(pages)('npm scripts, links and files of %s', (path, text) => {
    expect(missingFiles(text, paths)).toEqual([])
    expect(scriptsNamed(text).filter((name) => !Object.hasOwn(packageJson.scripts, name))).toEqual([])
    expect(deadLinks(path, text, (target) => existsSync(join(ROOT, target)))).toEqual([])
  })

  test.each(pages.filter(([, text]) => text.includes('.test.ts)')))('tests of %s', (path, text) => {
    const read = (file: string) => (existsSync(join(ROOT, file)) ? page(file) : undefined)
    expect(missingTests(path, text, read)).toEqual([])
  })

  test('every npm script is named in the README, and its program is there', () => {
    // npm itself runs “prepare”.
    const named = new Set(scriptsNamed(readme)).add('prepare')
    expect(Object.keys(packageJson.scripts).filter((name) => !named.has(name))).toEqual([])
    const programs = Object.values(packageJson.scripts).flatMap((line) => line.match(/[\w/.-]+\.[jt]s\b/g) ?? [])
    expect(programs.filter((program) => !existsSync(join(ROOT, program)))).toEqual([])
  })

  test('the two commands of the set-up stand alone on their lines', () => {
    expect(readme.split('\n')).toEqual(expect.arrayContaining(['npm ci && npm start', 'npm ci && npm test']))
  })
})

describe('each check can fail', () => {
  test('a table that is not there, and a row that is too many', () => {
    expect(() => tableOf('no table', '| a | b |')).toThrow('no table')
    expect(tableOf('| a | b |\n|---|---|\n| 1 | 2 |\n\n| 3 | 4 |', '| a | b |')).toEqual([['1', '2']])
    expect(tablesOf('| a |\n|---|\n| 1 |\n\n| a |\n|---|\n| 2 |', '| a |')).toEqual([['1'], ['2']])
  })

  test('files', () => {
    const text = 'see `kit/errors.ts`, `errors.ts` and `kit/error.ts`'
    expect(missingFiles(text, ['connectors/kit/errors.ts'])).toEqual(['kit/error.ts'])
  })

  test('scripts and links', () => {
    expect(scriptsNamed('`npm run nothing-like-it` and `npm test`')).toEqual(['nothing-like-it', 'test'])
    const links = '[a](b.md#c) [d](https://e.example) [f](#g) ![h](../i.png)'
    expect(deadLinks('docs/x.md', links, (path) => path === 'docs/b.md')).toEqual(['docs/x.md → i.png'])
  })

  test('tests', () => {
    const named = ['[a](../t/x.test.ts)', '[g › b](../t/x.test.ts)', '[c](../t/x.test.ts)', '[a](gone.test.ts)']
    const source = "describe('g', () => {\n  test(\n    'a', f)\n  // 'b'\n})"
    const read = (file: string) => (file === 't/x.test.ts' ? source : undefined)
    expect(missingTests('docs/x.md', named.join(), read)).toEqual([
      't/x.test.ts: b',
      't/x.test.ts: c',
      'docs/gone.test.ts is not there',
    ])
  })
})
