import type { Flow } from '../../server/flow/document/flow.ts'
import type { Scene } from '../support/scene.ts'

/** A flow that meets points, and how to tell that nothing was lost or doubled. */
export type Variant = {
  /** Its effects are its own: no case finds what another one has sent. */
  document(name: string): Flow
  /** What has to be there already; `run` carries a flow out to its end. */
  before?(name: string, run: (flow: string, document: Flow) => Promise<void>): Promise<void>
  /** What a person or the clock does once the flow's runs have ended. */
  after?(flow: string): Promise<void>
  /** What is lost without a word, and what came twice. */
  faults(name: string, flow: string): Promise<readonly string[]>
}

/** Documents of which nobody knows the end, and whether an exception names one. */
export async function doubtsOf(workspace: Scene['workspace']) {
  const doubtful = (await workspace.effects()).filter((one) => one.state === 'unknown').map((one) => one.document)
  const named = (await workspace.exceptions()).filter((one) => one.code === 'OUTCOME_UNKNOWN')
  const isNamed = (document: string) =>
    doubtful.includes(document) && named.some((one) => one.business_key !== null && document.includes(one.business_key))
  return { doubtful, isNamed }
}
