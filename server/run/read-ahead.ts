/**
 * Walks an async sequence one element ahead: the next one is fetched while the caller works on this one, and no more
 * than that. A failure of the fetch is thrown when its element is asked for, not earlier.
 */
export async function* oneAhead<T>(source: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]()
  let next = iterator.next()
  try {
    for (;;) {
      const { done, value } = await next
      if (done) return
      next = iterator.next()
      // Its error belongs to the next turn of this loop; until then it must not count as unhandled.
      next.catch(() => undefined)
      yield value
    }
  } finally {
    await next.catch(() => undefined)
    await iterator.return?.()
  }
}
