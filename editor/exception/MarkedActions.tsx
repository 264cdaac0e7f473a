import { Button } from '@mantine/core'
import type { ExceptionSelection } from '../../server/contract/exceptions.ts'
import { countOf } from '../format/number.ts'
import { MarkBar } from '../parts/MarkBar.tsx'
import { type Marked, NOTHING_MARKED } from '../parts/marks.ts'
import { useRights } from '../shell/use-rights.ts'
import { CareMany } from './CareMany.tsx'
import { DismissMany } from './DismissMany.tsx'
import { RetryMany } from './RetryMany.tsx'

/** What can be done with the marked exceptions. Stands above the table, also while nothing is marked. */
export function MarkedActions(props: {
  workspace: string
  marked: Marked
  onChange: (marked: Marked) => void
  /** The filter as the server takes it for “all”; undefined where it cannot say what is shown. */
  filter: Extract<ExceptionSelection, { readonly filter: object }>['filter'] | undefined
}) {
  const { workspace, marked } = props
  const { may } = useRights(workspace)
  const clear = (): void => props.onChange(NOTHING_MARKED)
  const select: ExceptionSelection | undefined =
    marked.all && props.filter ? { filter: props.filter } : marked.ids.size > 0 ? { ids: [...marked.ids] } : undefined
  const what = marked.all ? 'all open exceptions that fit' : countOf(marked.ids.size, 'exception')
  return (
    <MarkBar
      label="Marked exceptions"
      marked={select !== undefined}
      sentence={
        select === undefined
          ? 'Mark exceptions to try them again (R), see to them (E) or dismiss them.'
          : marked.all
            ? 'All open exceptions that fit the filters are marked.'
            : `${countOf(marked.ids.size, 'exception')} marked.`
      }
    >
      {select && may('exceptions.retry') ? (
        <RetryMany workspace={workspace} select={select} word="Try again…" what={what} filled onDone={clear} />
      ) : null}
      {select && may('exceptions.dismiss') ? (
        <DismissMany workspace={workspace} select={select} what={what} onDone={clear} />
      ) : null}
      {select && may('exceptions.assign') ? (
        <CareMany workspace={workspace} select={select} what={what} onDone={clear} />
      ) : null}
      {props.filter && !marked.all ? (
        <Button variant="subtle" onClick={() => props.onChange({ all: true, ids: new Set() })}>
          Mark all open ones that fit
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
