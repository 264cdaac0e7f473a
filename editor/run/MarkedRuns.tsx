import { Button } from '@mantine/core'
import type { RunSelection, RunView } from '../../server/contract/runs.ts'
import { countOf } from '../format/number.ts'
import { MarkBar } from '../parts/MarkBar.tsx'
import { type Marked, NOTHING_MARKED } from '../parts/marks.ts'
import { isNarrowed, type RunsSearch } from '../search.ts'
import { ControlRuns } from './ControlRuns.tsx'

export const mayBeControlled = ({ actions }: RunView): boolean =>
  actions.includes('resume') || actions.includes('cancel')

/** The choices of the list as the server takes them for “all that fit”; undefined where it cannot say what is shown. */
export function selectionOf({
  dry,
  ...search
}: RunsSearch): Extract<RunSelection, { readonly filter: object }> | undefined {
  const { flow, state, cause, backfill, code, ...others } = search
  if (isNarrowed(others)) return undefined
  const filter = { flow, state, cause, backfill, code, dry: dry === undefined ? undefined : dry === 'only' }
  return { filter: Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)) }
}

/** What can be done with the marked runs. Stands above the table, also while nothing is marked. */
export function MarkedRuns(props: {
  workspace: string
  search: RunsSearch
  marked: Marked
  onChange: (marked: Marked) => void
}) {
  const { workspace, marked } = props
  const all = selectionOf(props.search)
  const clear = (): void => props.onChange(NOTHING_MARKED)
  const select = marked.all ? all : marked.ids.size > 0 ? { ids: [...marked.ids] } : undefined
  const subject = marked.all ? 'all runs that fit and have not ended' : countOf(marked.ids.size, 'run')
  return (
    <MarkBar
      label="Marked runs"
      marked={select !== undefined}
      sentence={
        select === undefined
          ? 'Mark runs to resume (R) or cancel (C) them.'
          : marked.all
            ? 'All runs that fit the filters and have not ended are marked.'
            : `${countOf(marked.ids.size, 'run')} marked.`
      }
    >
      {select ? (
        <>
          <ControlRuns {...{ workspace, select, subject }} what="resume" filled onDone={clear} />
          <ControlRuns {...{ workspace, select, subject }} what="cancel" onDone={clear} />
        </>
      ) : null}
      {all && !marked.all ? (
        <Button variant="subtle" onClick={() => props.onChange({ all: true, ids: new Set() })}>
          Mark all that fit
        </Button>
      ) : null}
      {select ? (
        <Button variant="subtle" onClick={clear}>
          Unmark
        </Button>
      ) : null}
    </MarkBar>
  )
}
