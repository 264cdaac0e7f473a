import { type Static, Type } from 'typebox'
import { strict } from './shared.ts'

export const TraceClass = Type.Enum(['short', 'standard', 'long'])

/** `GET …/traces`: the class of runs that begin now, and how many days the installation keeps each. */
const DaysKept = Type.Object({ records: Type.Integer(), steps: Type.Integer() }, strict)
export const TraceSettings = Type.Object(
  {
    traceClass: TraceClass,
    /** Days that each class is kept: contents of records, and what the steps did and counted. */
    classes: Type.Object({ short: DaysKept, standard: DaysKept, long: DaysKept }, strict),
  },
  strict,
)
export type TraceSettings = Static<typeof TraceSettings>

/** `PATCH …/traces`: of runs from now on; earlier ones keep theirs. */
export const TracePatch = Type.Object({ traceClass: TraceClass }, strict)
export type TracePatch = Static<typeof TracePatch>
