import { type Static, Type } from 'typebox'
import { strict } from './shared.ts'

export const TraceClass = Type.Enum(['short', 'standard', 'long'])

/** `GET …/traces`: the class of runs that begin now. The installation says how many days each class is kept. */
export const TraceSettings = Type.Object({ traceClass: TraceClass }, strict)
export type TraceSettings = Static<typeof TraceSettings>

/** `PATCH …/traces`: of runs from now on; earlier ones keep theirs. */
export const TracePatch = Type.Object({ traceClass: TraceClass }, strict)
export type TracePatch = Static<typeof TracePatch>
