import type { DataRecord } from '../../../connectors/kit/connector.ts'

/** Where a run stands within its events: after event `after`, and `skip` records into the one that follows. */
export type InboxCursor = { readonly after: string; readonly skip: number }

export type InboxPage = {
  /** What leaves the trigger by `out`, each with its event: at most 1,000. */
  readonly records: readonly { readonly event: string; readonly record: DataRecord }[]
  readonly cursor: InboxCursor
  /** Nothing comes after it. May be false of the last page, too. */
  readonly last: boolean
}

/** Events of a hook, as the executor needs them. Bound to one claim. */
export interface Inbox {
  /**
   * Makes waiting events those of this run: at most as many as its trigger collects. A run that has events already, from
   * an earlier claim, gets no more. Where events are left, the next run is queued.
   * @throws LeaseLost
   */
  take(): Promise<void>
  /** The records of this run's events, in the order they came, from where the run stands; undefined after the last. */
  page(from: InboxCursor | undefined): Promise<InboxPage | undefined>
  /** The same of an earlier run, for a rerun. Events whose content is not kept any more are left out. */
  pageOf(run: string, from: InboxCursor | undefined): Promise<InboxPage | undefined>
}
