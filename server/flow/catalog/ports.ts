import type { OperationInfo } from './catalog.ts'

/** The port of a read by which the next read starts, after the last page. */
export const DONE = 'done'

/** All output ports of a node: those named by its settings first, then the operation's own. Bad settings give none. */
export function portsOf(
  node: { readonly settings: { readonly [name: string]: unknown } },
  info: Pick<OperationInfo, 'ports' | 'portsFrom'>,
): readonly string[] {
  return [...new Set([...namedPorts(node, info), ...info.ports])]
}

/** Ports that the node's settings name (a route's cases), as they stand there: a name may stand twice. */
export function namedPorts(
  node: { readonly settings: { readonly [name: string]: unknown } },
  info: Pick<OperationInfo, 'portsFrom'>,
): readonly string[] {
  if (info.portsFrom === undefined || !Object.hasOwn(node.settings, info.portsFrom)) return []
  const list = node.settings[info.portsFrom]
  if (!Array.isArray(list)) return []
  return list.flatMap((element: unknown) =>
    typeof element === 'object' && element !== null && 'name' in element && typeof element.name === 'string'
      ? [element.name]
      : [],
  )
}
