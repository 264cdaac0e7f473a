import { changedOnly } from './changed-only.ts'
import { compare } from './compare.ts'
import { join } from './join.ts'
import type { PureStep } from './pure-step.ts'
import { notify } from './notify.ts'
import { runningValue } from './running-value.ts'
import { stop } from './stop.ts'
import { summarise } from './summarise.ts'
import { wait } from './wait.ts'

/** The engine's own operations that the evaluator does not carry out, by id. */
export const PURE_STEPS: ReadonlyMap<string, PureStep> = new Map([
  ['changed-only', changedOnly],
  ['compare', compare],
  ['join', join],
  ['notify', notify],
  ['running-value', runningValue],
  ['stop', stop],
  ['summarise', summarise],
  ['wait', wait],
])
