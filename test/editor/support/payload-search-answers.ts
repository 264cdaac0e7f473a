import * as search from '../../../server/contract/payload-search.ts'
import type { Route } from './route.ts'

/** Records that one answer looks through: small, so that a search takes several. */
const STRETCH = 15

/** As the server searches: what everybody may see of a record, or all of it, a stretch at a time. */
export const payloadSearchRoutes = (w: string): readonly Route[] => [
  {
    method: 'GET',
    path: `${w}/runs/:run/search`,
    schema: search.PayloadSearch,
    query: search.PayloadSearchQuery,
    answer: ({ records }, { query }) =>
      stretch(records, String(query['q']), query['cursor'] as string | undefined, true),
  },
  {
    method: 'POST',
    path: `${w}/runs/:run/search/reveal`,
    schema: search.PayloadSearch,
    body: search.PayloadSearchReveal,
    answer: ({ records }, { body }: { readonly body: search.PayloadSearchReveal }) =>
      stretch(records, body.q, body.cursor, false),
  },
]

function stretch(
  records: readonly unknown[],
  q: string,
  cursor: string | undefined,
  masked: boolean,
): search.PayloadSearch {
  const from = Number(cursor?.split('.')[2] ?? 0)
  const part = records.slice(from, from + STRETCH)
  const hits = part.flatMap((record, index) => {
    const fields = Object.entries(record as object).filter(([name]) => !masked || /id$|number$/i.test(name))
    const [field, value] = fields.find(([, one]) => JSON.stringify(one).toLowerCase().includes(q.toLowerCase())) ?? []
    if (field === undefined) return []
    const text = JSON.stringify(value)
    const at = text.toLowerCase().indexOf(q.toLowerCase())
    const excerpt = {
      before: text.slice(Math.max(0, at - 30), at),
      match: text.slice(at, at + q.length),
      after: text.slice(at + q.length).slice(0, 30),
    }
    const key = String(Reflect.get(record as object, 'InvoiceNumber') ?? '') || null
    return [{ batch: 2, node: 'sales', kind: 'in', place: from + index, key, field, excerpt, inName: false }]
  })
  const to = from + part.length
  const next = to < records.length ? `2.0.${to}.in.sales` : null
  return {
    hits,
    next,
    batches: { looked: next === null ? 1_000 : Math.round((to / records.length) * 1_000), of: 1_000 },
    records: { looked: part.length, missing: from === 0 ? 1_642 : 0 },
    masked,
  }
}
