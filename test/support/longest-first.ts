import { existsSync } from 'node:fs'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * The files that take longest, from the slowest on; without it one of them begins last and a processor idles. Those that
 * wait for other processes stand between those that are at work themselves.
 */
const SLOW: readonly string[] = [
  'test/proof/fleet.test.ts',
  'test/editor/browser/accessibility.test.ts',
  'test/proof/failpoints.test.ts',
  'test/run/main-job.test.ts',
  'test/run/remote-faults.test.ts',
  'test/journeys/roles.test.ts',
  'test/editor/browser/drawing.test.ts',
  'test/run/crash.test.ts',
  'test/editor/browser/operating.test.ts',
  'test/run/processes.test.ts',
  'test/commands/backup.test.ts',
  'test/editor/browser/overview.test.ts',
  'test/editor/browser/hostile-texts.test.ts',
  'test/editor/browser/long-words.test.ts',
  'test/proof/deploy.test.ts',
  'test/commands/keys-running.test.ts',
  'test/editor/browser/editing.test.ts',
  'test/postgres/recovery.test.ts',
  'test/editor/browser/setting-up.test.ts',
  'test/editor/browser/journeys.test.ts',
  'test/run/effects.test.ts',
  'test/editor/browser/typed-texts.test.ts',
  'test/run/hook-runs.test.ts',
  'test/journeys/first-face.test.ts',
  'test/editor/browser/disturbed.test.ts',
  'test/editor/browser/clients.test.ts',
]

/**
 * Files that get a process of their own. The slow ones as that costs them little; the others because they end processes,
 * change what belongs to the whole process, or measure it.
 */
export const ALONE: readonly string[] = [
  ...SLOW,
  'test/evaluate/*.test.ts',
  'test/commands/*.test.ts',
  'test/postgres/*.test.ts',
  'test/proof/*.test.ts',
]

const ROOT = new URL('../..', import.meta.url).pathname

/** Runs the slow files first, so that short ones fill what is left at the end. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const gone = SLOW.filter((path) => !existsSync(`${ROOT}${path}`))
    if (gone.length > 0) throw new Error(`longest-first.ts names files that are not there: ${gone.join(', ')}`)
    const place = ({ moduleId }: TestSpecification): number => {
      const at = SLOW.findIndex((path) => moduleId.endsWith(path))
      return at < 0 ? SLOW.length : at
    }
    return (await super.sort(files)).sort((a, b) => place(a) - place(b))
  }
}
