import type { Static, TObject } from 'typebox'
import type { DataRecord, Flaw, ReadOperation, Window } from '../../kit/connector.ts'
import { textOf } from '../../kit/fields.ts'
import { allOf, anyText, ofDays } from './filters.ts'
import { countChanges, type Walk, walkChanges } from './pages.ts'
import { findSingle } from './singles.ts'

/** A walk's filter is text, or none. */
export type DocumentWalk = Walk & { readonly query: { readonly where?: string | undefined } }

type Documents<S extends TObject> = {
  /** What the settings ask for; the same for changes, windows and single records. */
  walkOf(settings: Static<S>): DocumentWalk
  readonly idField: string
  /** Which day counts, for people: “date of the payment”. */
  readonly day: string
  /** Text fields, beside the id, by which people name one. */
  readonly names: readonly string[]
  readonly nameTitle: string
  readonly flaw: (record: DataRecord) => Flaw | undefined
}

/** What all lists of dated documents do alike: changes, days, single ones, and how many there are. */
export function readsDocuments<S extends TObject>({
  walkOf,
  idField,
  day,
  names,
  nameTitle,
  flaw,
}: Documents<S>): Pick<
  ReadOperation<S>,
  'incremental' | 'identify' | 'flaw' | 'read' | 'window' | 'estimate' | 'single'
> {
  const windowWalk = (settings: Static<S>, window: Window): Walk => {
    const walk = walkOf(settings)
    return { ...walk, startAt: '', query: { ...walk.query, where: allOf(walk.query.where, ofDays(window)) } }
  }
  return {
    incremental: true,
    identify: (record) => ({
      id: textOf(record[idField]),
      version: textOf(record.UpdatedDateUTC),
      at: textOf(record.UpdatedDateUTC),
    }),
    flaw,
    read: (context, from) => walkChanges(context, walkOf(context.settings), from),
    window: {
      title: day,
      read: (context, window, from) => walkChanges(context, windowWalk(context.settings, window), from),
    },
    estimate: (context, { from, window }) =>
      countChanges(context, window ? windowWalk(context.settings, window) : walkOf(context.settings), from),
    single: {
      title: nameTitle,
      find: (context, keys) => {
        const { idField: _, pageSize: __, startAt: ___, ...call } = walkOf(context.settings)
        const matching = (filter: string | undefined) => ({
          ...call,
          query: { ...call.query, where: allOf(call.query.where, filter) },
        })
        return findSingle(context, keys, {
          keyFields: [idField, ...names],
          // These lists have no IDs parameter, only the filter. Ids were checked to be GUIDs: nothing to quote.
          byIds: (ids) => matching(ids.map((id) => `${idField}==Guid("${id}")`).join(' OR ')),
          byNames: (values) => matching(names.map((name) => anyText(name, values)).join(' OR ')),
        })
      },
    },
  }
}
