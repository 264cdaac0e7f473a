import { useQuery } from '@tanstack/react-query'
import { visible } from '../format/visible.ts'
import type { Change } from './changes.ts'
import { catalogQuery } from '../queries.ts'
import classes from './ChangeList.module.css'
import { sayField } from './field-words.ts'

const WORDS = { added: 'Added', removed: 'Removed', changed: 'Changed', moved: 'Moved' } as const

/** Differences one by one, each with its fields as they were and are. */
export function ChangeList(props: {
  changes: readonly Change[]
  current?: string | undefined
  onPick?: (change: Change) => void
  by?: (change: Change) => string | undefined
}) {
  const operations = useQuery(catalogQuery).data?.operations
  if (props.changes.length === 0) return <p className="muted">No differences.</p>
  return (
    <ul className={classes.list}>
      {props.changes.map((change) => {
        const who = props.by?.(change)
        const info = operations?.find(({ id }) => id === change.operation)
        const head = (
          <>
            <span className={classes.kind} data-kind={change.kind}>
              {WORDS[change.kind]}
              {change.what === 'line' ? ' line' : ''}
            </span>
            <bdi className={classes.title}>{visible(change.title)}</bdi>
            {who ? <span className="muted">by {who}</span> : null}
          </>
        )
        return (
          <li key={change.id} aria-current={props.current === change.id ? 'true' : undefined}>
            {props.onPick ? (
              <button type="button" className={classes.head} onClick={() => props.onPick?.(change)}>
                {head}
              </button>
            ) : (
              <div className={classes.head}>{head}</div>
            )}
            {change.fields.length > 0 ? (
              <dl className={classes.fields}>
                {change.fields.map((field) => (
                  <div key={field.field}>
                    <dt>{sayField(field.field, info)}</dt>
                    <dd>
                      {'before' in field ? <del>{show(field.before)}</del> : null}
                      {'after' in field ? <ins>{show(field.after)}</ins> : null}
                    </dd>
                  </div>
                ))}
              </dl>
            ) : null}
          </li>
        )
      })}
    </ul>
  )
}

const show = (value: unknown): string =>
  typeof value === 'string' ? visible(value) : (JSON.stringify(value, null, 1) ?? '')
