import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire, stripTypeScriptTypes } from 'node:module'
import { patchedJsonata } from './patched-jsonata.ts'

/**
 * How a child is started. It may not read a single file: its code comes over the pipe, with the types taken out here
 * (which also saves 20 MB per child). Nothing of our environment, no network where the machine has user namespaces, no code from
 * text, frozen built-ins, a cap on its memory.
 */

const OWN_FILES = [
  'caps.ts',
  'confirmed.ts',
  'child.ts',
  'failures.ts',
  'guards.ts',
  'harden.ts',
  'jsonata.ts',
  'linear-regexp.ts',
  'money.ts',
  'parse.ts',
  'paths.ts',
  'check-fields.ts',
  'plain.ts',
  'random.ts',
  'run-program.ts',
  'steps.ts',
  'wire.ts',
] as const

const HOME = 'file:///tieline/'

/** First thing a child runs, given on its command line: takes the code from the pipe and goes over to child.ts. */
const BOOT = `
const { readSync } = process.getBuiltinModule('fs')
const { registerHooks } = process.getBuiltinModule('module')
const exactly = (length) => {
  const bytes = Buffer.allocUnsafe(length)
  for (let at = 0; at < length; ) {
    const count = readSync(0, bytes, at, length - at, null)
    if (count === 0) process.exit(0)
    at += count
  }
  return bytes
}
const sources = new Map(Object.entries(JSON.parse(exactly(exactly(4).readUInt32LE(0)).toString())))
registerHooks({
  resolve: (name, context, next) => {
    const url = name.startsWith('file:') ? name : '${HOME}' + name.replace(/^\\.\\//, '')
    return sources.has(url) ? { url, format: sources.get(url).format, shortCircuit: true } : next(name, context)
  },
  load: (url, context, next) => sources.has(url) ? { ...sources.get(url), shortCircuit: true } : next(url, context),
})
import('${HOME}child.ts')
`

/** Node announces once per process that taking types out is experimental; who starts the server need not read it. */
const withoutTypes = (text: string): string => {
  const warn = process.emitWarning
  process.emitWarning = () => undefined
  try {
    return stripTypeScriptTypes(text)
  } finally {
    process.emitWarning = warn
  }
}

let code: Buffer | undefined

/** All code of a child: length, then JSON text. Read once. */
const childCode = (): Buffer => {
  if (code) return code
  const require = createRequire(import.meta.url)
  const module = (source: string) => ({ format: 'module', source })
  const sources = Object.fromEntries([
    ...OWN_FILES.map((file) => [
      HOME + file,
      module(withoutTypes(readFileSync(new URL(file, import.meta.url), 'utf8'))),
    ]),
    [`${HOME}jsonata`, { format: 'commonjs', source: patchedJsonata() }],
    [`${HOME}re2js`, module(readFileSync(require.resolve('re2js').replace(/index\.cjs$/, 'index.js'), 'utf8'))],
    [`${HOME}big.js`, module(readFileSync(require.resolve('big.js').replace(/big\.js$/, 'big.mjs'), 'utf8'))],
  ])
  const text = Buffer.from(JSON.stringify(sources))
  code = Buffer.allocUnsafe(4 + text.length)
  code.writeUInt32LE(text.length, 0)
  text.copy(code, 4)
  return code
}

let namespaces: boolean | undefined

/** Does this machine let us put a process into a network namespace of its own, without any network? Asked once. */
export const canCutNetwork = (): boolean => {
  namespaces ??= spawnSync('unshare', ['-rn', '--', 'true'], { stdio: 'ignore', env: {} }).status === 0
  return namespaces
}

export type CageOptions = { readonly heapMb: number }

/** Starts a child; it says READY on its standard output when it can take jobs. */
export const startChild = ({ heapMb }: CageOptions): ChildProcess => {
  const command = [
    process.execPath,
    '--permission',
    '--disable-proto=throw',
    '--disallow-code-generation-from-strings',
    '--no-warnings',
    // Nobody reads stacks here, and making them costs.
    '--stack-trace-limit=0',
    `--max-old-space-size=${heapMb}`,
    '--max-semi-space-size=4',
    // Kilobytes; recursion of expressions runs on the stack. Main threads have 8 MB nearly everywhere.
    '--stack-size=3900',
    '-e',
    BOOT,
  ]
  if (canCutNetwork()) command.unshift('unshare', '-rn', '--')
  const [file = process.execPath, ...rest] = command
  const child = spawn(file, rest, {
    // One heap of the C library for all threads, as one-arena.js says; nothing else.
    env: { MALLOC_ARENA_MAX: '1' },
    cwd: '/',
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
  })
  // A child that dies at once takes its pipe with it; its exit tells.
  child.stdin.on('error', () => undefined)
  child.stdin.write(childCode())
  return child
}
