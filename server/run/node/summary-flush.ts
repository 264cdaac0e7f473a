import { failpoint } from '../call/failpoint.ts'
import type { NextGathered } from './gathered.ts'
import { type Group, type SummariseSettings, summary } from './summarise.ts'

/** Groups that leave together, unless the step says less. */
const PAGE = 1_000

/** What a summary has gathered leaves in the order in which its groups first appeared. */
export const nextGroups: NextGathered = async ({ journal }, { node }, after) => {
  await failpoint('execute.groups:before')
  // Settings were checked when the flow was planned; the groups were written by summarise.
  const settings = node.settings as SummariseSettings
  const groups = await journal.groupsAfter(node.id, Number(after?.seq ?? -1), settings.together ?? PAGE)
  await failpoint('execute.groups:after')
  const last = groups.at(-1)
  if (!last) return undefined
  const out = groups.map(({ state }) => summary(settings, state as Group))
  return { ports: { out }, rejected: [], counts: { groups: groups.length }, cursor: { seq: last.seq } }
}
