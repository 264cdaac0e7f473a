/**
 * How a run begins. Only runs that begin at their trigger move the flow's cursors.
 *
 * trigger     the reads behind the trigger, each from its cursor
 * again       as an earlier run began: its reads from where they stood then, its events, its window
 * inbox       events of a hook leave the trigger by `out`; reads behind it run too, each from its cursor
 * exceptions  the records of exceptions that are tried again, each at its own node
 * step        what went into a node in an earlier run enters that node again
 * window      the reads behind the trigger, limited to a stretch of days; `to` is not part of it (YYYY-MM-DD)
 * waited      records that waited at a node, and are due, leave it by `out`
 * keys        single records, read by business key, leave the read
 * first-page  the reads behind the trigger, each from its beginning, its first page alone: only in a dry run
 * sample      records that were given enter a node: only in a dry run
 */
export type RunStart =
  | { readonly kind: 'trigger' }
  | { readonly kind: 'again'; readonly run: string }
  | { readonly kind: 'inbox' }
  | { readonly kind: 'exceptions' }
  | { readonly kind: 'waited' }
  | { readonly kind: 'step'; readonly run: string; readonly node: string }
  | { readonly kind: 'window'; readonly from: string; readonly to: string }
  | { readonly kind: 'keys'; readonly node: string; readonly keys: readonly string[] }
  | { readonly kind: 'first-page' }
  | { readonly kind: 'sample'; readonly node: string; readonly sample: string }

/**
 * Whether a run that starts so brings records of an earlier time, which say nothing against what came since.
 * `began`: how the run began that it does again.
 */
export const bringsOldData = ({ kind }: RunStart, began: RunStart): boolean =>
  kind === 'exceptions' || kind === 'step' || (kind === 'again' && began.kind === 'inbox')
