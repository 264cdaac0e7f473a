import type { Static, TObject } from 'typebox'
import { type Context, type DataRecord, defineRead, type ReadOperation } from '../../kit/connector.ts'
import { type Fields, textOf } from '../../kit/fields.ts'
import { answeredList, type Call, call } from '../client/client.ts'

type Whole<S extends TObject> = Pick<ReadOperation, 'name' | 'title' | 'summary' | 'permissions'> & {
  readonly settings: S
  readonly synonyms?: readonly string[]
  /** What is attempted: `list segments`. */
  readonly doing: string
  path(settings: Static<S>): string
  query?(settings: Static<S>): NonNullable<Call['query']>
  /** Ids come as numbers here and as text there: a record has text. */
  record?(entry: Fields, settings: Static<S>): DataRecord
  flaw: NonNullable<ReadOperation['flaw']>
}

/** A read that is one call and one page: Emarsys gives such lists whole. */
export function readWhole<S extends TObject>({
  name,
  title,
  summary,
  synonyms = [],
  permissions,
  settings,
  doing,
  path,
  query,
  record,
  flaw,
}: Whole<S>): ReadOperation {
  return defineRead<S>({
    name,
    title,
    summary,
    synonyms,
    permissions,
    settings,
    incremental: false,
    flaw,
    async *read(context: Context<Static<S>>, from) {
      if (from?.done === true) return
      const chosen = context.settings
      const data = await call(context, {
        method: 'GET',
        path: path(chosen),
        ...(query ? { query: query(chosen) } : {}),
        doing,
        permissions,
      })
      const records = answeredList(data, doing).map((entry) => (record ? record(entry, chosen) : withTextId(entry)))
      yield { records, cursor: { done: true } }
    },
  })
}

export const withTextId = (entry: Fields): DataRecord => ({ ...entry, id: textOf(entry.id) })
