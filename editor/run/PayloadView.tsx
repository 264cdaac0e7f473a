import { useInfiniteQuery } from '@tanstack/react-query'
import { JsonView } from '../parts/JsonView.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { payloadQuery } from '../queries.ts'

/** The kept records of one batch at one place, page by page. */
export function PayloadView(props: {
  workspace: string
  run: string
  place: { readonly node: string; readonly batch: number; readonly kind: string }
  label: string
}) {
  const payload = useInfiniteQuery(payloadQuery(props.workspace, props.run, props.place))
  return (
    <Loaded query={payload} rows={4}>
      {({ pages }) => {
        const last = pages.at(-1)
        return (
          <>
            {last?.note ? <p className="muted">{last.note}</p> : null}
            <JsonView
              records={pages.flatMap((page) => page.records)}
              total={last?.kept ?? 0}
              label={props.label}
              more={
                payload.hasNextPage
                  ? { load: () => void payload.fetchNextPage(), loading: payload.isFetchingNextPage }
                  : undefined
              }
            />
          </>
        )
      }}
    </Loaded>
  )
}
