import { queryOptions } from '@tanstack/react-query'
import type { ErasureAnswer, ErasureList, ErasureRequest } from '../../server/contract/data.ts'
import { path, request } from '../request.ts'

type Signal = { readonly signal?: AbortSignal }
const erasures = (workspace: string, options: Signal = {}) =>
  request<ErasureList>('GET', path`/workspaces/${workspace}/erasures`, options)
const erase = (workspace: string, body: ErasureRequest) =>
  request<ErasureAnswer>('POST', path`/workspaces/${workspace}/erasures`, { body })

export const erasuresQuery = (workspace: string) =>
  queryOptions({ queryKey: [workspace, 'erasures'], queryFn: ({ signal }) => erasures(workspace, { signal }) })

export const tryErasure = (workspace: string, keys: string[]) =>
  erase(workspace, { keys, reason: 'Only looked at.', dry: true })

/** One call does 50 runs: asks until nothing is left, and tells how many are done. Broken off, it can be asked again. */
export async function eraseAll(
  workspace: string,
  { keys, reason }: { readonly keys: string[]; readonly reason: string },
  onDone: (runs: number) => void,
): Promise<ErasureAnswer> {
  const sum = { runs: 0, records: 0, exceptions: 0, events: 0, left: 0, atWork: 0 }
  for (let left = 1; left > 0; ) {
    const done = await erase(workspace, { keys, reason })
    sum.runs += done.runs
    sum.records += done.records
    sum.exceptions += done.exceptions
    sum.events += done.events
    left = done.left
    sum.atWork = done.atWork
    onDone(sum.runs)
  }
  return sum
}

/** The address and what stands in the lines below it, each once; what is too short to be a name is left out. */
export const namesIn = (email: string, lines: string): string[] =>
  [...new Set([email, ...lines.split('\n')].map((one) => one.trim()))].filter((one) => one.length >= 3).slice(0, 50)
