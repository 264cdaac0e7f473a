import type { ReactNode } from 'react'
import { Banner } from './Banner.tsx'
import { ErrorState } from './ErrorState.tsx'
import { Skeletons } from './Skeletons.tsx'
import { sayError } from './say-error.ts'

type Query<Data> = {
  readonly data: Data | undefined
  readonly error: unknown
  readonly refetch: () => unknown
}

/**
 * The states every part of a page has: loading, failed, and loaded; and loaded once but not refreshed since, when the
 * old data stays with a note that it is old.
 */
export function Loaded<Data>(props: { query: Query<Data>; rows?: number; children: (data: Data) => ReactNode }) {
  const { data, error } = props.query
  if (data === undefined) {
    if (error) return <ErrorState error={error} onRetry={() => props.query.refetch()} />
    return <Skeletons {...(props.rows === undefined ? {} : { rows: props.rows })} />
  }
  return (
    <>
      {error ? (
        <Banner tone="attention" title="This may be old" live>
          <p>{sayError(error).title}. What follows was read earlier.</p>
        </Banner>
      ) : null}
      {props.children(data)}
    </>
  )
}
