import type { ReactNode } from 'react'

/** What every field of a step's form needs to know of its surroundings. */
export type Settled = {
  readonly workspace: string
  readonly flow: string
  readonly node: string
  readonly readOnly: boolean
  /** The connection behind the step's account, for lists that come from there. */
  readonly connection: string | undefined
  /** Field paths that occur in the sample. */
  readonly paths: readonly string[]
  /** Records to try expressions on. */
  readonly sample: readonly unknown[]
  readonly moneyFields: readonly string[]
  readonly problemAt: (path: string) => ReactNode
  /** A field got the focus: a click on the sample puts its path there. */
  readonly onFocusField: (path: string, insert: (text: string) => void) => void
}
