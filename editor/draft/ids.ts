import type { Flow } from '../../server/flow/document/flow.ts'

/** An id that nothing has yet: the stem, else the stem with a number. The same flow gives the same id. */
export function freshId(taken: ReadonlySet<string>, stem: string): string {
  const plain =
    stem
      .replace(/[^A-Za-z0-9_-]+/g, '-')
      .replace(/^[^A-Za-z0-9]+/, '')
      .slice(0, 50) || 'step'
  if (!taken.has(plain)) return plain
  for (let number = 2; ; number++) {
    const id = `${plain}-${number}`
    if (!taken.has(id)) return id
  }
}

export const nodeIds = (flow: Flow): Set<string> => new Set(flow.nodes.map((node) => node.id))

/** Named after what it joins, so that two who draw the same line draw the same edge. */
export function edgeId(flow: Flow, from: string, port: string, to: string, input: string): string {
  const ends = `${from}.${port}.${to}.${input}`.replaceAll('.', '-')
  return freshId(new Set(flow.edges.map((edge) => edge.id)), ends.slice(0, 50))
}

/** “Map 2”, where a step is called “Map” already. */
export function freshName(flow: Flow, name: string): string {
  const taken = new Set(flow.nodes.map((node) => node.name))
  if (!taken.has(name)) return name
  for (let number = 2; ; number++) if (!taken.has(`${name} ${number}`)) return `${name} ${number}`
}
