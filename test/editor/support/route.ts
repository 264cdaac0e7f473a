import type { TSchema } from 'typebox'
import type { Scene } from './scene.ts'

/** One route of the API as the stage plays it, with the contract's schemas of what goes in and out. */
export type Route = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  /** Of the answer; absent for one without content. */
  readonly schema?: TSchema
  readonly body?: TSchema
  readonly query?: TSchema
  readonly answer: (
    scene: Scene,
    request: { readonly params: Params; readonly query: Params; readonly body: never },
  ) => unknown
}
export type Params = { readonly [name: string]: string }

/** An answer that refuses, as problem+json. */
export class Refusal {
  readonly status: number
  readonly code: string
  readonly title: string
  readonly detail: string
  constructor(status: number, code: string, title: string, detail: string) {
    this.status = status
    this.code = code
    this.title = title
    this.detail = detail
  }
}
