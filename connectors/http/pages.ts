import { StepError } from '../kit/errors.ts'
import { fieldsOf, textOf } from '../kit/fields.ts'
import type { Call, Reply } from './client.ts'

/** How a system hands out a long list. */
export const PAGINGS = ['none', 'page', 'offset', 'cursor', 'next-address', 'link-header'] as const
export type Paging = (typeof PAGINGS)[number]

export type PagingSettings = {
  readonly path: string
  readonly query: readonly { readonly name: string; readonly value: string }[]
  readonly paging: Paging
  readonly parameter: string
  readonly sizeParameter: string
  readonly pageSize: number
  readonly firstPage: number
  readonly nextPath: string
}

/** Where a read stands: a number of pages or records, a cursor or an address, by the way of paging. */
export type Place = { readonly at?: number; readonly next?: string }

export const FIRST: Place = {}

/** The call for a place. */
export function callFor(settings: PagingSettings, place: Place): Pick<Call, 'path' | 'query'> {
  const fixed = Object.fromEntries(settings.query.map(({ name, value }) => [name, value]))
  const size = settings.sizeParameter === '' ? {} : { [settings.sizeParameter]: String(settings.pageSize) }
  const { path, parameter } = settings
  switch (settings.paging) {
    case 'none':
      return { path, query: fixed }
    case 'page':
      return { path, query: { ...fixed, ...size, [parameter]: String(settings.firstPage + (place.at ?? 0)) } }
    case 'offset':
      return { path, query: { ...fixed, ...size, [parameter]: String(place.at ?? 0) } }
    case 'cursor':
      return { path, query: { ...fixed, ...size, ...(place.next === undefined ? {} : { [parameter]: place.next }) } }
    case 'next-address':
    case 'link-header':
      // The remote's own next address has all its parameters.
      return place.next === undefined ? { path, query: { ...fixed, ...size } } : { path: place.next }
  }
}

/** The place after an answer with so many records; undefined at the end. */
export function placeAfter(
  settings: PagingSettings,
  place: Place,
  reply: Reply,
  records: number,
  address: string,
): Place | undefined {
  switch (settings.paging) {
    case 'none':
      return undefined
    case 'page':
      // A page that is not full is the last one, where the size is known.
      return ended(settings, records) ? undefined : { at: (place.at ?? 0) + 1 }
    case 'offset':
      return ended(settings, records) ? undefined : { at: (place.at ?? 0) + records }
    case 'cursor':
      return following(place, textOf(valueAt(reply.body, settings.nextPath)))
    case 'next-address':
      return following(place, absolute(textOf(valueAt(reply.body, settings.nextPath)), address))
    case 'link-header':
      return following(place, absolute(nextOfLink(reply.headers.link ?? ''), address))
  }
}

const ended = ({ sizeParameter, pageSize }: PagingSettings, records: number) =>
  records === 0 || (sizeParameter !== '' && records < pageSize)

function following(place: Place, next: string): Place | undefined {
  if (next === '') return undefined
  if (next === place.next) {
    throw new StepError(
      'REPLY_UNREADABLE',
      'The system says that the next page is the one it just gave. Nothing more can be read.',
    )
  }
  return { next }
}

function absolute(address: string, base: string): string {
  return address === '' ? '' : new URL(address, base).href
}

/** `<https://…?page=2>; rel="next"` (RFC 8288). */
function nextOfLink(header: string): string {
  for (const link of header.split(/,\s*(?=<)/)) {
    const [, address = '', parameters = ''] = /^\s*<([^>]*)>(.*)$/.exec(link) ?? []
    if (/;\s*rel\s*=\s*(?:"[^"]*\bnext\b[^"]*"|next\b)/i.test(parameters)) return address
  }
  return ''
}

/** What stands at a dotted path; the whole for an empty one. */
export function valueAt(body: unknown, path: string): unknown {
  return path === '' ? body : path.split('.').reduce<unknown>((at, name) => fieldsOf(at)[name], body)
}
