import type { OperationInfo } from '../../server/flow/catalog/catalog.ts'

const BY_OPERATION: { readonly [operation: string]: { readonly [port: string]: string } } = {
  filter: { out: 'fits', other: 'does not fit' },
  route: { other: 'none fits' },
  join: { out: 'matched', unmatched: 'no match' },
}

/** What a way out is called on the canvas and in the outline. */
export function sayPort(info: Pick<OperationInfo, 'id' | 'kind'> | undefined, port: string): string {
  const own = info && BY_OPERATION[info.id]?.[port]
  if (own !== undefined) return own
  if (info?.kind === 'lookup' && port === 'out') return 'found'
  if (info?.kind === 'lookup' && port === 'unmatched') return 'not found'
  if (info?.kind === 'trigger' && port === 'out') return 'start'
  if (port === 'rejected') return 'set aside'
  if (port === 'done') return 'after the last page'
  if (port === 'out') return 'out'
  return port
}

export function sayInput(info: Pick<OperationInfo, 'inputs'> | undefined, input: string): string {
  if (input === 'in') return (info?.inputs.length ?? 1) > 1 ? 'records' : 'in'
  return input === 'with' ? 'to join with' : input
}
