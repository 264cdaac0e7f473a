import { hash } from 'node:crypto'
import type { Catalog } from '../flow/catalog/catalog.ts'
import type { Flow } from '../flow/document/flow.ts'
import { type FusedGroup, fuse } from '../flow/plan/fuse.ts'
import { type Plan, planFlow } from '../flow/plan/plan.ts'
import { inlined } from '../flow/document/sub-flow.ts'

/** Versions, and plans of them, that are kept; the least recently used leave first. A plan has about 50 kB. */
const MOST = 200

type Version = { readonly workspace: string; readonly flow: string; readonly version: number }

/** What the workspace says of the flow outside its versions. */
type Said = Exclude<Parameters<typeof planFlow>[2], undefined>

type Planned = { readonly plan: Plan; readonly groups: readonly FusedGroup[] }

/**
 * What this process has carried out: a version never changes, and many runs carry out the same. Flows of one content, as
 * clients have who were given the same template, share it and its plans.
 */
export type Plans = {
  /** Of a version that was kept before. */
  flow(version: Version): Flow | undefined
  keep(version: Version, document: unknown): Flow
  /**
   * @param flow as `flow` or `keep` gave it.
   * @throws PlanError
   */
  plan(flow: Flow, said: Said): Planned
}

export function createPlans(catalog: Catalog): Plans {
  const versions = new Recent<Flow>()
  const contents = new Recent<Flow>()
  const plans = new Recent<Planned>()
  const names = new WeakMap<Flow, string>()
  const nameOf = ({ workspace, flow, version }: Version) => `${workspace} ${flow} ${version}`

  return {
    flow: (version) => versions.get(nameOf(version)),
    keep(version, document) {
      const content = hash('sha256', JSON.stringify(document), 'base64')
      const flow = contents.get(content) ?? contents.set(content, inlined(document as Flow)) // checked when it was published
      names.set(flow, content)
      return versions.set(nameOf(version), flow)
    },
    plan(flow, said) {
      const name = `${names.get(flow)} ${JSON.stringify(said)}`
      const known = plans.get(name)
      if (known) return known
      const plan = planFlow(flow, catalog, said)
      // In order, records wait at each node by itself.
      return plans.set(name, { plan, groups: fuse(plan, flow.order === 'by-key' ? 'alone' : 'together') })
    },
  }
}

class Recent<T> {
  readonly #kept = new Map<string, T>()

  get(name: string): T | undefined {
    const one = this.#kept.get(name)
    return one === undefined ? undefined : this.set(name, one)
  }

  set(name: string, one: T): T {
    this.#kept.delete(name)
    this.#kept.set(name, one)
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MOST) break
      this.#kept.delete(oldest)
    }
    return one
  }
}
