import { Refused } from './refused.ts'

export type Query = { readonly [name: string]: string | undefined }

const MOST = 250
const PAGING = ['page', 'limit']

/** Filters of V2 that are not known are refused by name, one at a time. @throws Refused */
export function onlyV2(query: Query, known: readonly string[]): void {
  const other = Object.keys(query).find((name) => !PAGING.includes(name) && !known.includes(name))
  if (other !== undefined) throw new Refused(400, `The field '${other}' is not supported by this resource.`)
}

/** Those of V3 all together. @throws Refused */
export function onlyV3(query: Query, known: readonly string[] = []): void {
  const others = Object.keys(query).filter((name) => !PAGING.includes(name) && !known.includes(name))
  if (others.length === 0) return
  throw new Refused(422, `The filter(s): ${others.join(', ')} are not valid filter parameter(s).`, {})
}

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

const DAY_MS = 86_400_000

/** A bound of a filter in milliseconds; times are kept to the second, and bounds belong to what they bound. */
export function timeIn(query: Query, name: string, instead: number): number {
  const text = query[name]
  if (text === undefined) return instead
  const at = Date.parse(text)
  if (Number.isNaN(at)) throw new Refused(400, `${name} is not a time.`)
  // An upper bound of V3 that is a mere date gets the present time of day added.
  return name.endsWith(':max') && /^\d{4}-\d{2}-\d{2}$/.test(text) ? at + (Date.now() % DAY_MS) : at
}

/** A bound of an amount, in cents. */
export function centsIn(query: Query, name: string, instead: number): number {
  const text = query[name]
  if (text === undefined) return instead
  if (!/^\d+(\.\d+)?$/.test(text)) throw new Refused(400, `${name} is not an amount.`)
  return Number(text) * 100
}

export const wholeSecond = (at: number): number => Math.floor(at / 1000) * 1000

/** `1,2,3` of an `:in` filter; undefined where it was not asked for. */
export const oneOf = (query: Query, name: string): ReadonlySet<string> | undefined =>
  query[name] === undefined ? undefined : new Set(query[name].toLowerCase().split(','))

/** Whether a value is among those that a filter asks for, or it does not ask. */
export const isAmong = (query: Query, name: string, value: string | number): boolean =>
  oneOf(query, name)?.has(String(value).toLowerCase()) ?? true

/** Whether a time lies between the bounds that a V3 filter sets, or it sets none. */
export const isWithin = (query: Query, name: string, at: number): boolean =>
  wholeSecond(at) >= timeIn(query, `${name}:min`, 0) &&
  wholeSecond(at) <= timeIn(query, `${name}:max`, Number.MAX_SAFE_INTEGER)
