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
  // Each text is tried against the whole contract: what all pages ask for, as the catalogue, is spoiled once.
  const spoiled = new Map<string, unknown>()
  let next = 0
  const spoil = (schema: TSchema, answer: unknown): unknown => {
    const before = JSON.stringify(answer)
    if (spoiled.has(before)) return spoiled.get(before)
    const copy = { root: structuredClone(answer) }
    const fits = () => isLike(schema, copy.root)
    const walk = (holder: Record<string, unknown>): void => {
      for (const [key, value] of Object.entries(holder)) {
        if (typeof value === 'object' && value !== null) walk(value as Record<string, unknown>) // arrays have keys too
        if (typeof value !== 'string' || OF_THE_PRODUCT.has(key) || EXACT.test(value)) continue
        const payload = PAYLOADS[next % PAYLOADS.length]!
        holder[key] = `${value} ${payload}`
        if (fits()) {
          sent.add(payload)
          next += 1
        } else holder[key] = value
      }
    }
    walk(copy)
    spoiled.set(before, copy.root)
    return copy.root
  }
  return { sent, spoil }
}
