import type { TSchema } from 'typebox'
import { isLike } from './checked.ts'

// What browsers have been made to run: markup that closes what it stands in, handlers, addresses, templates.
const RUN = 'ran()'
export const HANDLERS = [
  'onerror',
  'onload',
  'onfocus',
  'onmouseover',
  'ontoggle',
  'onanimationstart',
  'onpointerenter',
]
const OPENERS = ['', '">', "'>", '-->', '</title>', '</textarea>', '</style>', '</script>', ']]>']
const markup = (handler: string): readonly string[] => [
  `<img src=x ${handler}=${RUN}>`,
  `<svg ${handler}=${RUN} autofocus tabindex=0>`,
]
const WHOLE = [
  `<script>${RUN}</script>`,
  `<ScRiPt>${RUN}</sCrIpT>`,
  `<script src="data:text/javascript,${RUN}"></script>`,
  `<iframe srcdoc="<script>parent.${RUN}</script>"></iframe>`,
  `<iframe src="javascript:parent.${RUN}"></iframe>`,
  `<a href="javascript:${RUN}">open</a>`,
  `[open](javascript:${RUN})`,
  `![open](javascript:${RUN})`,
  `[open](data:text/html,<script>${RUN}</script>)`,
  `<object data="data:text/html,<script>${RUN}</script>"></object>`,
  `<embed src="javascript:${RUN}">`,
  `<math><mtext><table><mglyph><style><img src=x onerror=${RUN}>`,
  `<base href="//127.0.0.1:9/">`,
  `<meta http-equiv="refresh" content="0;url=javascript:${RUN}">`,
  `<style>@import "data:text/css,*{color:red}"</style>`,
  `<details open ontoggle=${RUN}>`,
  `javascript:${RUN}`,
  `{{constructor.constructor('${RUN}')()}}`,
  `\${${RUN}}`,
  `%3Cscript%3E${RUN}%3C/script%3E`,
  `&lt;script&gt;${RUN}&lt;/script&gt;`,
  `\\u003cscript\\u003e${RUN}\\u003c/script\\u003e`,
  `"autofocus onfocus=${RUN} x="`,
  `\u202e<img src=x onerror=${RUN}>`,
]
/** More than 150 texts, each of which would call `ran` where a page takes it for more than text. */
export const PAYLOADS: readonly string[] = [
  ...WHOLE,
  ...OPENERS.flatMap((opener) => HANDLERS.flatMap(markup).map((one) => `${opener}${one}`)),
]

// Words by which a page finds its way, not texts of people: with another word it would show nothing at all.
const OF_THE_PRODUCT = new Set(
  'id,node,kind,operation,state,connector,connection,from,to,port,role,cause,causeNode,lane,login,zone,code,email'.split(
    ',',
  ),
)
const EXACT = /^[\d\-:.TZ+]*$|^[0-9a-f]{8}-[0-9a-f-]{27}$/

/** Puts a payload behind each free text of an answer, as far as its contract lets any text stand there. */
export function createHostile(): { readonly sent: Set<string>; spoil(schema: TSchema, answer: unknown): unknown } {
  const sent = new Set<string>()
  // What all pages ask for, as the catalogue, is spoiled once.
  const spoiled = new Map<string, unknown>()
  const places = new Map<TSchema, Map<string, boolean>>()
  let next = 0

  /**
   * Each text is tried against the whole contract, which for a thousand rows of a list takes minutes: `known` has which
   * places of an answer, all rows taken for one, let any text stand there.
   */
  const fill = (schema: TSchema, answer: unknown, known: Map<string, boolean>): unknown => {
    const copy = { root: structuredClone(answer) }
    const walk = (holder: Record<string, unknown>, above: string): void => {
      for (const [key, value] of Object.entries(holder)) {
        const place = Array.isArray(holder) ? `${above}/*` : `${above}/${key}`
        if (typeof value === 'object' && value !== null) walk(value as Record<string, unknown>, place) // arrays have keys too
        if (typeof value !== 'string' || OF_THE_PRODUCT.has(key) || EXACT.test(value)) continue
        const payload = PAYLOADS[next % PAYLOADS.length]!
        const before = known.get(place)
        if (before === false) continue
        holder[key] = `${value} ${payload}`
        const fits = before ?? isLike(schema, copy.root)
        known.set(place, fits)
        if (fits) {
          sent.add(payload)
          next += 1
        } else holder[key] = value
      }
    }
    walk(copy, '')
    return copy.root
  }
  const spoil = (schema: TSchema, answer: unknown): unknown => {
    const before = JSON.stringify(answer)
    const done = spoiled.get(before)
    if (done !== undefined) return done
    const known = places.get(schema) ?? new Map<string, boolean>()
    places.set(schema, known)
    let filled = fill(schema, answer, known)
    // One row may allow less than the others: then each text of this answer is tried by itself.
    if (!isLike(schema, filled)) filled = fill(schema, answer, new Forgetful())
    spoiled.set(before, filled)
    return filled
  }
  return { sent, spoil }
}

/** Keeps nothing of what it is told. */
class Forgetful extends Map<string, boolean> {
  override set(): this {
    return this
  }
}
