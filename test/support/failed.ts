import { afterEach } from 'vitest'

// A setup file (vitest.config.ts): evaluated anew for every test file, also where one process takes many.

const key = Symbol.for('tieline.test-failed')
// A record of nothing else: whoever asks may have been loaded as another module than the setup file.
const state = globalThis as { [key]?: boolean }
state[key] = false

afterEach(({ task }) => {
  if (task.result?.state === 'fail') state[key] = true
})

/** Whether a test of this file has failed so far. */
export const hasFailed = (): boolean => state[key] === true
