import type { Plan } from '../../flow/plan/plan.ts'
import { isReadWhole, readsBehindTrigger } from '../../flow/plan/windowed.ts'
import type { BackfilledRead } from '../../store/run/backfills.ts'
import { ApiProblem, found } from '../http/problems.ts'

/** The trigger at which a run over days begins. */
export function triggerFor(plan: Plan, asked: string | undefined): string {
  const triggers = plan.triggers.map(({ node }) => node.id)
  if (asked !== undefined)
    return found(
      triggers.find((id) => id === asked),
      'trigger',
    )
  // The first that reads anything: a hook may bring its records along.
  return found(triggers.find((id) => readsBehindTrigger(plan, id).length > 0) ?? triggers[0], 'trigger')
}

/** The reads that take part. Throws where one of them would read all it has, and send it on, for every chunk. */
export function readsOf(plan: Plan, trigger: string): readonly BackfilledRead[] {
  const reads = readsBehindTrigger(plan, trigger)
  const unable = reads.filter((read) => read.info.window === undefined && !isReadWhole(plan, read))
  if (unable.length > 0) {
    const names = unable.map(({ node }) => `“${node.name}” (${node.id})`).join(', ')
    throw new ApiProblem('BACKFILL_UNSUPPORTED', `${names} cannot be limited to a stretch of days.`)
  }
  if (!reads.some((read) => read.info.window !== undefined)) {
    throw new ApiProblem('BACKFILL_UNSUPPORTED', `No read behind the trigger “${trigger}” goes by days.`)
  }
  return reads.map(({ node, info }) => ({ node: node.id, name: node.name, by: info.window ?? 'as a whole' }))
}
