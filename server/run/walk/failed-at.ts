// Which step an error came from, kept beside it: whoever throws one need not know where in a flow it stands.

const places = new WeakMap<object, string>()

/** Does the work of a node; an error that leaves it, and comes from no node yet, comes from this one. */
export async function at<T>(node: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (typeof error === 'object' && error !== null && !places.has(error)) places.set(error, node)
    throw error
  }
}

/** The id of the node; undefined where the error came from none. */
export const failedAt = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null ? places.get(error) : undefined
