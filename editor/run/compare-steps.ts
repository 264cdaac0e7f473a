import type { NodeSteps } from '../../server/contract/runs.ts'

/** A number in the earlier run and in this one; undefined where the step was not there. */
export type Twice = { readonly before: number | undefined; readonly now: number | undefined }

export type Compared = {
  readonly node: string
  readonly name: string
  readonly counts: { readonly in: Twice; readonly out: Twice; readonly rejected: Twice }
  readonly failed: Twice
  readonly calls: Twice
  readonly retries: Twice
  readonly waitingMs: Twice
  readonly workingMs: Twice
}

/** Steps of two runs side by side, in the order of this run; those that only the earlier one had come last. */
export function compareSteps(before: readonly NodeSteps[], now: readonly NodeSteps[]): readonly Compared[] {
  const nodes = [...new Set([...now, ...before].map(({ node }) => node))]
  return nodes.map((node) => {
    const was = before.find((step) => step.node === node)
    const is = now.find((step) => step.node === node)
    const twice = (read: (step: NodeSteps) => number): Twice => ({ before: was && read(was), now: is && read(is) })
    return {
      node,
      name: is?.name ?? was?.name ?? node,
      counts: {
        in: twice((step) => step.counts['in'] ?? 0),
        out: twice((step) => step.counts['out'] ?? 0),
        rejected: twice((step) => step.counts['rejected'] ?? 0),
      },
      failed: twice((step) => step.failed),
      calls: twice((step) => step.calls),
      retries: twice((step) => step.retries),
      waitingMs: twice((step) => step.waitingMs),
      workingMs: twice((step) => step.workingMs),
    }
  })
}
