import type { Operation } from '../../../connectors/kit/connector.ts'
import type { Exchange, OpenConnection } from '../../connect/connections.ts'
import type { Evaluated, Program } from '../../evaluate/program.ts'
import type { FusedGroup } from '../../flow/plan/fuse.ts'
import type { Plan } from '../../flow/plan/plan.ts'
import type { Journal, Ledger, RunClaim } from './journal.ts'

/** What the executor needs of the evaluator. */
export type RunEvaluator = {
  run(request: {
    readonly workspace: string
    readonly program: Program
    readonly records: readonly { readonly [field: string]: unknown }[]
    /** JSON text of `records`, where it exists already. */
    readonly recordsText?: string | Buffer
    /** What `$now()` answers: milliseconds since 1970, UTC. */
    readonly now: number
    readonly seed: string
    readonly capture?: boolean
    readonly signal?: AbortSignal
  }): Promise<Evaluated>
}

/** Everything one run is carried out with. */
export type RunParts = {
  readonly claim: RunClaim
  readonly plan: Plan
  readonly groups: readonly FusedGroup[]
  readonly capture: 'full' | 'sample'
  /** Later records of a key wait behind its open exception. */
  readonly ordered: boolean
  /** Records of this run are of an earlier time: they say nothing against what came since. Known once it has begun. */
  readonly oldData?: boolean
  /** The connector's operation behind a catalog id. */
  operation(id: string): Operation
  /** The connection bound to a slot, opened once per run. */
  connection(slot: string): Promise<OpenConnection>
  readonly journal: Journal
  readonly ledger: Ledger
  readonly evaluator: RunEvaluator
  /** Until when nobody else can have taken the run over, by `performance.now()`: nothing is written to another system later. */
  heldUntil(): number
  readonly signal: AbortSignal
}

export type { Exchange, OpenConnection }
