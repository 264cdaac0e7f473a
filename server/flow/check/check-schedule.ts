import type { FlowNode } from '../document/flow.ts'
import type { Problem } from '../schema/problem.ts'
import { type Json, own } from '../schema/schema.ts'
import { quote } from '../schema/wording.ts'
import { zoneComplaint } from '../schema/zone.ts'

/** What is wrong with a cron text, as the end of a sentence; `never`: it can be read, but no day has such a time. */
export type CronComplaint = { readonly never: boolean; readonly says: string }
/** Given by whoever has a cron parser. */
export type CronCheck = (cron: string, zone: string) => CronComplaint | undefined

/** What the schema of a schedule cannot say: which settings belong together. */
export function checkSchedule(node: FlowNode, settings: Json, cron?: CronCheck): readonly Problem[] {
  const wrong = (field: string, says: string): Problem => ({
    code: 'SCHEDULE_INVALID',
    severity: 'error',
    node: node.id,
    field,
    message: `${quote(node.name, 60)}: ${says}`,
  })
  const [mode, everyMinutes, times, zone] = ['mode', 'everyMinutes', 'cron', 'zone'].map((name) => own(settings, name))
  if (mode === 'interval') {
    return everyMinutes === undefined
      ? [wrong('everyMinutes', 'an interval needs its minutes; fill in “Every … minutes”.')]
      : []
  }
  if (mode !== 'wall-clock') return []
  const problems: Problem[] = []
  if (zone === undefined)
    problems.push(wrong('zone', 'times of day need a time zone; fill in one such as “Europe/London”.'))
  const noZone = typeof zone === 'string' ? zoneComplaint(zone) : undefined
  if (noZone !== undefined) problems.push(wrong('zone', noZone))
  if (times === undefined)
    problems.push(wrong('cron', 'times of day are missing; fill in five fields such as “0 6 * * *”.'))
  else if (typeof times === 'string') {
    const complaint = cron?.(times, typeof zone === 'string' && noZone === undefined ? zone : 'UTC')
    if (complaint?.never) {
      problems.push({
        ...wrong('cron', `the times ${quote(times)} never come: ${complaint.says}`),
        code: 'SCHEDULE_NEVER',
      })
    } else if (complaint) problems.push(wrong('cron', `the times ${quote(times)} cannot be read: ${complaint.says}`))
  }
  return problems
}
