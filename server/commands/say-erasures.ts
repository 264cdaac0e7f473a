import type { Again } from '../store/erasure/erase-again.ts'

/** What a restore has erased again, and what it cannot know. */
export function sayErasures({
  again,
  made,
  until,
  file,
}: {
  readonly again: Again | null
  /** When the backup was made, ISO 8601. */
  readonly made: string
  /** Up to when the record of erasures is complete; undefined: there is none. */
  readonly until: Date | undefined
  /** Where it should be. */
  readonly file: string
}): readonly string[] {
  if (again === null) return []
  const { erasures, runs, records, exceptions, events, listed, standing, workspaces, unknown } = again
  const lines: string[] = []
  if (erasures > 0) {
    lines.push(
      `erased again: ${erasures} erasures from after the backup (${records} records, ${exceptions} exceptions, ${events} events in ${runs} runs)`,
    )
  }
  if (listed > 0) lines.push(`put back into the list of who must not be written to: ${listed}`)
  if (workspaces > 0) lines.push(`deleted again: ${workspaces} workspaces that had been deleted after the backup`)
  if (standing > 0)
    lines.push(
      `warning: ${standing} entries of that list were lifted after the backup and stand again. Lift them again.`,
    )
  for (const { at, workspace } of unknown) {
    lines.push(
      `warning: somebody was erased in workspace ${workspace} at ${at}, before it was kept of whom: erase them again.`,
    )
  }
  if (until === undefined || until.toISOString() < made) {
    lines.push(
      until === undefined
        ? `warning: there is no record of erasures (${file}).`
        : `warning: the record of erasures ends at ${until.toISOString()}, before the backup was made.`,
      `warning: whoever was erased after ${made} is back, and nothing here tells who. Restore again with --erasures and the`,
      'warning: record of another machine, or look for person.erase in audit logs that were downloaded, and erase them again.',
    )
  } else {
    lines.push(`the record of erasures is complete up to ${until.toISOString()}; of later ones nothing is known`)
  }
  return lines
}
