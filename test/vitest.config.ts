import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { ALONE, LongestFirst } from './support/longest-first.ts'

/** The test that loads pages of the web app: Node reads no JSX and no style sheets. */
const BUNDLED = ['test/editor/unit/routes.test.ts']

/** Loaded as the product is, by Node itself: Vite's own loader takes as long for each file as Node, and once more for all. */
const BY_NODE = { viteModuleRunner: false, nodeLoader: false } as const

const exclude = ['test/long/**', 'test/bench/**', 'node_modules/**']

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    pool: 'forks',
    // Many tests wait for other processes: for a lease to run out, a server to start. As many workers as processors would
    // leave these idle for a quarter of the time.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    sequence: { sequencer: LongestFirst },
    // Limits for what hangs, not for what is slow: machines differ by more than three times.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 30_000 } },
    globalSetup: ['test/support/global-setup.ts'],
    setupFiles: ['test/support/failed.ts'],
    projects: [
      {
        extends: true,
        test: { name: 'alone', include: [...ALONE], exclude, isolate: true, experimental: BY_NODE },
      },
      {
        extends: true,
        test: {
          name: 'together',
          include: ['test/**/*.test.ts'],
          exclude: [...exclude, ...ALONE, ...BUNDLED],
          // One process takes one file after the other: what they load in common is loaded once.
          isolate: false,
          experimental: BY_NODE,
        },
      },
      { extends: true, test: { name: 'bundled', include: BUNDLED } },
    ],
  },
})
