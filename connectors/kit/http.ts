/** A request as operations make it. The path is relative to one of the connection's base addresses. */
export type HttpRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Absolute address: one of the connection's base addresses plus a path. Query parameters apart. */
  readonly url: string
  readonly query?: { readonly [name: string]: string | number | boolean | undefined }
  readonly headers?: { readonly [name: string]: string }
  /** Sent as it is. JSON bodies: use `json`. */
  readonly body?: string | Uint8Array
  readonly json?: unknown
  /**
   * For files: takes the body of a 200 piece by piece, as it is, and the answer then has no text. The limits of an
   * answer's size and whole time are those of a file.
   */
  readonly receive?: (content: AsyncIterable<Uint8Array>, headers: HttpAnswer['headers']) => Promise<void>
}

export type HttpAnswer = {
  readonly status: number
  /** Lower-case names. */
  readonly headers: { readonly [name: string]: string }
  readonly text: string
}

/**
 * The only way out for a connector. Any HTTP answer is returned, whatever its status: the connector's client words its
 * own errors. Throws StepError: TIMED_OUT, CONNECTION_LOST, EGRESS_BLOCKED, REPLY_TOO_LARGE, RATE_LIMITED (own budget).
 */
export type Http = {
  send(request: HttpRequest): Promise<HttpAnswer>
}
