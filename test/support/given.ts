import { sql } from 'kysely'
import { expect } from 'vitest'
import type { FlowNode } from '../../server/flow/document/flow.ts'
import type { RunStart } from '../../server/run/journal/run-start.ts'
import { inWorkspace } from '../../server/store/database/database.ts'
import { queueRun } from '../../server/store/run/runs.ts'
import { flowOf, node } from './flows.ts'
import type { Scene, Stage } from './scene.ts'
import { countProblems } from './step-counts.ts'
import type { EndedRun } from './workspace.ts'

type Data = { readonly [field: string]: unknown }
/** Records, or for very many of them an expression that makes them. */
export type Given = readonly Data[] | string

export type GivenFlow = {
  readonly flow: string
  /** Runs the flow over these records, as a version of its own; counts must add up whatever the test is about. */
  run(records: Given, start?: RunStart): Promise<GivenRun>
}
export type GivenRun = Pick<EndedRun, 'id' | 'state' | 'code' | 'reason'> & {
  left(node: string, port: string): Promise<readonly Data[]>
  counts(node: string): Promise<{ readonly [name: string]: number }>
}

/**
 * A flow over records that are written down in the test, which differ from run to run: a read gives one record, and the
 * map `given` makes them of it. `side` makes those of `other` in the same way.
 */
export async function givenFlow(
  stage: Stage,
  scene: Scene,
  nodes: readonly FlowNode[],
  edges: readonly string[],
  side: Given = [],
): Promise<GivenFlow> {
  const { workspace } = scene
  const two = edges.some((edge) => edge.startsWith('other '))
  const expression = (records: Given) =>
    typeof records === 'string' ? records : records.length === 0 ? '[]' : JSON.stringify(records)
  const document = (records: Given) =>
    flowOf(
      [
        node('one', 'xero.get-organisation'),
        node('given', 'map', { expression: expression(records) }),
        ...(two
          ? [node('another', 'xero.get-organisation'), node('other', 'map', { expression: expression(side) })]
          : []),
        ...nodes,
      ],
      ['start one', 'one given', ...(two ? ['start another', 'another other'] : []), ...edges],
    )
  const flow = await workspace.flow(document([]))
  let version = 1
  const run: GivenFlow['run'] = async (records, start) => {
    version += 1
    const id = await inWorkspace(stage.database.app.db, workspace.id, async (tx) => {
      await sql`
        insert into flow_versions (workspace_id, flow_id, number, document, hash, author_id, author, summary)
        select workspace_id, flow_id, ${version}, ${JSON.stringify(document(records))}::jsonb, 'none', author_id, author, 'Next'
        from flow_versions where workspace_id = ${workspace.id} and flow_id = ${flow} and number = 1
      `.execute(tx)
      return queueRun(tx, {
        workspace: workspace.id,
        flow,
        version,
        cause: 'manual',
        node: 'start',
        ...(start ? { start } : {}),
      })
    })
    workspace.worker.wake()
    const ended = await workspace.ended(id)
    const steps = await workspace.steps(id)
    expect(steps.flatMap(countProblems)).toEqual([])
    return {
      ...{ id, state: ended.state, code: ended.code, reason: ended.reason },
      left: (of, port) => workspace.payload(id, of, `out:${port}`),
      counts: async (of) => {
        const sums: { [name: string]: number } = {}
        for (const step of steps.filter((one) => one.node_id === of))
          for (const [name, count] of Object.entries(step.counts)) sums[name] = (sums[name] ?? 0) + count
        return sums
      },
    }
  }
  return { flow, run }
}
