export type Query = { readonly [name: string]: string | undefined }

/** The store refuses a request in the words of the version that was asked. */
export class Refused extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

const MOST = 250

/** Page and size that a query asks for. @throws Refused 413 for pages that are too long, 400 for what is no number */
export function pageOf(query: Query): { readonly page: number; readonly limit: number } {
  const [page, limit] = [query.page ?? '1', query.limit ?? '50'].map(Number) as [number, number]
  if (!Number.isInteger(page) || !Number.isInteger(limit) || page < 1 || limit < 1) {
    throw new Refused(400, 'The page and limit have to be whole numbers above zero.')
  }
  if (limit > MOST) throw new Refused(413, `The limit is higher than ${MOST}.`)
  return { page, limit }
}

export const pageFrom = <T>(list: readonly T[], { page, limit }: { page: number; limit: number }): readonly T[] =>
  list.slice((page - 1) * limit, page * limit)

/** The answer of a V3 list. */
export function paged(list: readonly unknown[], query: Query): { readonly data: unknown; readonly meta: unknown } {
  const { page, limit } = pageOf(query)
  const data = pageFrom(list, { page, limit })
  const pages = Math.ceil(list.length / limit)
  return {
    data,
    meta: {
      pagination: {
        ...{ total: list.length, count: data.length, per_page: limit, current_page: page, total_pages: pages },
        links: page < pages ? { next: `?page=${page + 1}&limit=${limit}` } : {},
      },
    },
  }
}

/** A bound of a filter in milliseconds; times are kept to the second, and bounds belong to what they bound. */
export function timeIn(query: Query, name: string, instead: number): number {
  const text = query[name]
  if (text === undefined) return instead
  const at = Date.parse(text)
  if (Number.isNaN(at)) throw new Refused(400, `${name} is not a time.`)
  return at
}

export const wholeSecond = (at: number): number => Math.floor(at / 1000) * 1000

/** `1,2,3` of an `:in` filter; undefined where it was not asked for. */
export const oneOf = (query: Query, name: string): ReadonlySet<string> | undefined =>
  query[name] === undefined ? undefined : new Set(query[name].toLowerCase().split(','))
