import { useMemo } from 'react'
import { useQuery } from '@tanstack/react-query'
import { useDebouncedValue } from '@mantine/hooks'
import * as api from '../api.ts'
import { sayCount } from '../format/number.ts'
import { sayError } from '../parts/say-error.ts'
import { ApiError } from '../request.ts'
import { MOST_ASKED, weightOf } from './record-weight.ts'
import classes from './Expression.module.css'

const QUIET_MS = 400

/** What an expression gives for one record of the sample, worked out by the server as in a run. */
export function Preview(props: {
  workspace: string
  flow: string
  expression: string
  records: readonly unknown[]
  /** Which of them, from 0. */
  at: number
  onAt: (at: number) => void
}) {
  const { workspace, flow, records } = props
  const [expression] = useDebouncedValue(props.expression, QUIET_MS)
  const at = Math.min(props.at, records.length - 1)
  const record = records[at]
  const weight = useMemo(() => (isRecord(record) ? weightOf(record) : undefined), [record])
  const tooLarge = weight !== undefined && weight.bytes > MOST_ASKED
  const asked = expression.trim() !== '' && weight !== undefined && !tooLarge
  const answer = useQuery({
    queryKey: [workspace, 'flows', flow, 'preview', expression, weight?.id],
    queryFn: ({ signal }) =>
      api.preview(workspace, flow, { expression, record: record as { [name: string]: unknown } }, { signal }), // checked by `asked`
    enabled: asked,
    structuralSharing: false,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 30_000,
    placeholderData: (before) => before,
    // Two of one person at a time: the third comes when one of them has ended.
    retry: (failures, error) => failures < 3 && error instanceof ApiError && error.status === 429,
    retryDelay: 700,
  })
  if (records.length === 0) {
    return (
      <p className={classes.none}>No sample yet: run the flow once, and the result of this expression is shown here.</p>
    )
  }
  return (
    <div className={classes.preview} data-busy={answer.isFetching || undefined}>
      <div className={classes.previewHead}>
        <span>Result</span>
        <span className={classes.step}>
          <button type="button" aria-label="Record before" disabled={at === 0} onClick={() => props.onAt(at - 1)}>
            ‹
          </button>
          <span className="number">
            record {at + 1} of {records.length}
          </span>
          <button
            type="button"
            aria-label="Next record"
            disabled={at >= records.length - 1}
            onClick={() => props.onAt(at + 1)}
          >
            ›
          </button>
        </span>
      </div>
      <output aria-live="polite">
        {tooLarge ? (
          <span className="muted">
            This record is too large to try here ({sayCount(Math.round(weight.bytes / 1000))} kB). Take another one, or
            test the step.
          </span>
        ) : answer.error ? (
          <span className={classes.error}>{sayError(answer.error).title}</span>
        ) : answer.data === undefined ? (
          <span className="muted">{asked ? 'Working it out…' : 'Nothing to work out yet.'}</span>
        ) : answer.data.ok ? (
          'value' in answer.data ? (
            <pre>{shown(answer.data.value)}</pre>
          ) : (
            <span className="muted">Nothing. The record gives no result.</span>
          )
        ) : (
          <span className={classes.error}>
            {answer.data.error?.message}
            {answer.data.error?.position === undefined ? '' : ` (at sign ${answer.data.error.position + 1})`}
            {answer.data.error?.hint ? ` ${answer.data.error.hint}` : ''}
          </span>
        )}
      </output>
    </div>
  )
}

const isRecord = (value: unknown): value is { [name: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Enough to see what it is; the whole stands in the run. */
function shown(value: unknown): string {
  const text = JSON.stringify(value, null, 2) ?? ''
  return text.length > 4000 ? `${text.slice(0, 4000)}\n…` : text
}
