import type { DataRecord } from './connector.ts'

/** One event that a remote told the installation's hook of its connector. */
export type HookEvent = {
  /** The remote's name of whom it is about (Xero: tenant id), as connections have it pinned under `Hook.account`. */
  readonly account: string
  /** The same whenever the remote tells this event again, and never that of another. */
  readonly key: string
  /** What leaves the trigger. */
  readonly record: DataRecord
}

/** How a remote tells all of the installation's connections at one address what has changed. */
export type Hook = {
  /** Name of the pinned setting that holds whom a connection is about. */
  readonly account: string
  /** Whether the body was signed with the key. Compares in constant time. */
  verify(
    key: string,
    body: Buffer,
    headers: { readonly [name: string]: string | readonly string[] | undefined },
  ): boolean
  /** The events of a body; none in a test of the remote. Undefined: nobody can read it. */
  read(body: Buffer): readonly HookEvent[] | undefined
}
