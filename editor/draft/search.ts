import type { OperationInfo } from '../../server/flow/catalog/catalog.ts'
import type { Flow } from '../../server/flow/document/flow.ts'

/** Words that people use for what the catalog calls otherwise. */
const ALSO: { readonly [word: string]: readonly string[] } = {
  bill: ['invoice'],
  customer: ['contact'],
  client: ['contact'],
  subscriber: ['contact'],
  purchase: ['sales'],
  order: ['sales', 'invoice'],
  refund: ['credit'],
  mail: ['event'],
  newsletter: ['event', 'list'],
  segment: ['list'],
  upsert: ['contacts'],
  branch: ['route'],
  if: ['filter', 'route'],
  loop: ['split'],
  merge: ['join'],
  dedupe: ['summarise'],
  transform: ['map'],
  code: ['map'],
}

/** How well an operation fits what was typed; 0 for not at all. Every word has to fit somewhere. */
export function fitOf(info: OperationInfo, typed: string): number {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return 1
  let sum = 0
  for (const word of words) {
    const best = Math.max(fitOfWord(info, word), ...(ALSO[word] ?? []).map((other) => fitOfWord(info, other) * 0.7))
    if (best <= 0) return 0
    sum += best
  }
  return sum / words.length
}

function fitOfWord(info: OperationInfo, word: string): number {
  const title = info.title.toLowerCase()
  if (title === word) return 100
  if (title.startsWith(word)) return 80
  if (title.split(/\W+/).some((part) => part.startsWith(word))) return 60
  if (info.synonyms.some((one) => one.toLowerCase().startsWith(word))) return 50
  if ((info.connector ?? '').startsWith(word)) return 40
  if (title.includes(word)) return 30
  if (info.synonyms.some((one) => one.toLowerCase().includes(word))) return 25
  if (info.summary.toLowerCase().includes(word)) return 15
  if (info.id.includes(word)) return 10
  // Letters in their order, for what was typed in haste: “lstinv”.
  return word.length > 2 && inOrder(word, title) ? 5 : 0
}

function inOrder(word: string, text: string): boolean {
  let at = 0
  for (const letter of word) {
    at = text.indexOf(letter, at) + 1
    if (at === 0) return false
  }
  return true
}

/** Operations that fit, best first; lately used ones break ties. */
export function rank(
  operations: Iterable<OperationInfo>,
  typed: string,
  recent: readonly string[] = [],
): readonly OperationInfo[] {
  const lately = (info: OperationInfo): number => (recent.includes(info.id) ? 1 : 0)
  return [...operations]
    .map((info) => ({ info, fit: fitOf(info, typed) }))
    .filter(({ fit }) => fit > 0)
    .sort((a, b) => b.fit - a.fit || lately(b.info) - lately(a.info) || (a.info.title < b.info.title ? -1 : 1))
    .map(({ info }) => info)
}

export type Hit = { readonly node: string; readonly name: string; readonly where: string; readonly text: string }

/** Where a text stands in a flow: names, remarks, settings, expressions. */
export function findInFlow(flow: Flow, typed: string): readonly Hit[] {
  const wanted = typed.trim().toLowerCase()
  if (wanted === '') return []
  return flow.nodes.flatMap((node) => {
    const hit = (where: string, text: string): Hit[] => {
      const at = text.toLowerCase().indexOf(wanted)
      if (at < 0) return []
      const from = Math.max(0, at - 24)
      const shown = text.slice(from, at + wanted.length + 40).replace(/\s+/g, ' ')
      return [{ node: node.id, name: node.name, where, text: `${from > 0 ? '…' : ''}${shown}` }]
    }
    return [
      ...hit('name', node.name),
      ...(node.note ? hit('remark', node.note) : []),
      ...Object.entries(node.settings).flatMap(([name, value]) =>
        hit(name, typeof value === 'string' ? value : (JSON.stringify(value) ?? '')),
      ),
    ]
  })
}
