/** What is known of an expression without evaluating it. Positions count UTF-16 characters from 0. */
export type Facts = {
  /** Keys written out in object constructors, `{ "31": … }`. */
  readonly objectKeys: readonly { readonly key: string; readonly position: number }[]
  /** Functions it calls or passes on, without their dollar, each once, in order of appearance: `sum`. */
  readonly functions: readonly string[]
  /** Names asked of `$settings`, and where the `$` stands. Absent: none. */
  readonly settings?: readonly { readonly name: string; readonly position: number }[]
  /**
   * Float arithmetic on a field: where the function (`$sum`, with its dollar) or operator (`*`) begins, and the path. Which
   * fields hold money, the catalog knows.
   */
  readonly moneyRisks: readonly { readonly position: number; readonly name: string; readonly path: string }[]
}

/**
 * What the parser says of one expression. The parser itself is handed in by the caller: children of the evaluator on
 * the server, a worker in the browser.
 */
export type Parsed =
  | { readonly ok: true; readonly facts: Facts }
  | { readonly ok: false; readonly position: number; readonly message: string; readonly hint: string }

/** Answers one result per text, in order. */
export type Parse = (texts: readonly string[]) => Promise<readonly Parsed[]>
