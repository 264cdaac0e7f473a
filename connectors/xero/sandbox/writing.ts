import { type Answer, notImplemented } from './answers.ts'
import type { Query } from './listing.ts'
import type { World } from './world.ts'

export type WriteRequest = {
  readonly method: string
  readonly path: string
  readonly resource: string
  readonly rest: readonly string[]
  readonly query: Query
  readonly body: string
}

export function write(_world: World, _request: WriteRequest): Answer {
  return notImplemented()
}
