import type { Problem } from '../../server/flow/schema/problem.ts'
import type { Form, FormField } from '../../server/flow/document/form.ts'
import type { Sample } from './use-sample.ts'

/** What every field of a step's form needs to know of its surroundings. */
export type Settled = {
  readonly workspace: string
  readonly flow: string
  readonly node: string
  readonly readOnly: boolean
  /** The connection behind the step's account, for lists that come from there. */
  readonly connection: string | undefined
  /** What comes in, from an earlier run. */
  readonly sample: Sample
  readonly problemAt: (path: string) => string | undefined
  readonly problemsAt: (path: string) => readonly Problem[]
  /** The questions that the flow asks. */
  readonly form: Form
  /** Adds a question to the flow's form, and what `write` puts for it, as one step of undo. */
  readonly ask: (question: FormField, write: () => void) => void
  /** A field got the focus: a click on the sample puts its path there. */
  readonly onFocusField: (path: string, insert: (text: string) => void) => void
}
