import type { ExceptionSelection } from '../../server/contract/exceptions.ts'
import { careFor } from '../exception/requests.ts'
import { setFaultOwner } from './requests.ts'

/** What can be taken: failed runs of one fault, or open exceptions of one step and code. */
export type Takeable = {
  readonly kind: 'failed' | 'exceptions'
  readonly fault: string | null
  readonly step: { readonly id: string } | null
  readonly code: string | null
  readonly desk: 'finance' | 'marketing' | 'technical' | null
}
export type TakeAt = { readonly workspace: string; readonly name: string; readonly flow?: string }
/** `theirs`: also what others have in hand. */
export type How = { readonly me: string; readonly theirs: boolean; readonly dry: boolean }

/** Hands a cause at one client to whoever asks, or only counts what that would be. */
export async function takeAt(cause: Takeable, { workspace, flow }: TakeAt, { me, theirs, dry }: How): Promise<number> {
  if (cause.kind === 'failed') {
    return cause.fault === null ? 0 : (await setFaultOwner(workspace, cause.fault, { owner: me, dry })).runs
  }
  const select: ExceptionSelection = {
    filter: {
      ...(flow === undefined ? {} : { flow }),
      ...(cause.step === null ? {} : { node: cause.step.id }),
      ...(cause.code === null ? {} : { code: cause.code }),
      ...(cause.desk === null ? {} : { desk: cause.desk }),
      ...(cause.fault === null ? {} : { fault: cause.fault }),
      ...(theirs ? {} : { assigned: 'nobody' as const }),
    },
  }
  return (await careFor(workspace, { select, assign: me, dry })).changed
}
