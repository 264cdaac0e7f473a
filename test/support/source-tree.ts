import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Text by path from the root, with forward slashes. */
export type Files = ReadonlyMap<string, string>

const BINARY = /\.(png|jpe?g|ico|woff2?|gz|zst)$/

/** The tracked files under version control; what is ignored or not added yet is nobody's business. */
export function trackedFiles(): Files {
  const listed = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' }).split('\0')
  // A file that was just removed stays in the list until the removal is added.
  const paths = listed.filter((path) => path !== '' && !BINARY.test(path) && existsSync(join(ROOT, path)))
  return new Map(paths.map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]))
}

export const isSource = (path: string): boolean => /\.tsx?$/.test(path)

export type Import = {
  /** As written. */
  readonly written: string
  /** A path from the root for one of ours, else the package or built-in. */
  readonly target: string
  readonly ours: boolean
  /** `import type`: gone when the file runs. */
  readonly typeOnly: boolean
}

// Line starts only: the word “import” inside a text or a comment is none.
const STATIC = /^(?:import|export)\s+(type\s+)?(?:[\w$*{},\s]+?\s+from\s+)?(['"])([^'"\n]+)\2/gm
const DYNAMIC = /\bimport\(\s*(['"])([^'"\n$]+)\1/g

/** What a file imports, re-exports or loads later. */
export function importsOf(path: string, text: string): readonly Import[] {
  const found = [
    ...[...text.matchAll(STATIC)].map((match) => ({ written: match[3]!, typeOnly: match[1] !== undefined })),
    ...[...text.matchAll(DYNAMIC)].map((match) => ({ written: match[2]!, typeOnly: false })),
  ]
  return found.map(({ written, typeOnly }) => {
    const ours = written.startsWith('.')
    const target = ours ? posix.normalize(posix.join(posix.dirname(path), written)) : written
    return { written, target, ours, typeOnly }
  })
}
