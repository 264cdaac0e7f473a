import type { Context } from './connector.ts'

/** One choice that a form offers: what is stored, and what a person reads. */
export type Option = { readonly value: string; readonly label: string }

/**
 * Choices that only the remote knows: its accounts, its fields. A setting names its source by the keyword
 * `x-options`, as `Type.String({ title: 'Account', 'x-options': 'accounts' })`; of a list, its elements do. Beside it
 * `x-known` is the form of the remote's own numbers: anything else is looked up when the step runs, so a flow that names
 * one needs the source's permissions too. `x-options-of-keys` says the same of the keys of a payload.
 */
export type OptionSource = {
  /** Kebab-case, unique within the connector: `tax-rates`. */
  readonly name: string
  /** What is chosen from, for people: “Accounts”. */
  readonly title: string
  /** Remote permissions it needs, in the remote's spelling. */
  readonly permissions: readonly string[]
  /** All choices, in the order in which people look for them. A handful of calls at most. */
  options(context: Context<unknown>): Promise<readonly Option[]>
}
