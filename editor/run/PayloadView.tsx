import { Button } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { JsonView } from '../parts/JsonView.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { SearchField } from '../parts/SearchField.tsx'
import { payloadQuery } from './payload-queries.ts'
import classes from './PayloadView.module.css'
import { useReason } from './reveal-reason.ts'
import { ValuesBar } from './ValuesBar.tsx'

/** The kept records of one batch at one place, page by page. Their values are hidden until somebody says why. */
export function PayloadView(props: {
  workspace: string
  run: string
  place: { readonly node: string; readonly batch: number; readonly kind: string }
  label: string
  /** The record to begin with. */
  from?: number | undefined
}) {
  const reason = useReason()
  const [contains, setContains] = useState('')
  const shown = reason === undefined ? undefined : { reason, ...(contains === '' ? {} : { contains }) }
  // Places among those that hold a text are others.
  const from = contains === '' ? (props.from ?? 0) : 0
  const payload = useInfiniteQuery(payloadQuery(props.workspace, props.run, props.place, from, shown))
  return (
    <>
      <ValuesBar workspace={props.workspace} onHide={() => setContains('')}>
        <Find value={contains} onFind={setContains} />
      </ValuesBar>
      <Loaded query={payload} rows={4}>
        {({ pages }) => {
          const last = pages.at(-1)
          return (
            <>
              {last?.note ? <p className="muted">{last.note}</p> : null}
              <JsonView
                records={pages.flatMap((page) => page.records)}
                total={last?.kept ?? 0}
                from={from}
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
    </>
  )
}

function Find({ value, onFind }: { value: string; onFind: (text: string) => void }) {
  const [text, setText] = useState(value)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onFind(text.trim())
  }
  return (
    <form onSubmit={submit} className={classes.find}>
      <SearchField
        size="xs"
        label="Find in these records"
        placeholder="Find in these records"
        value={text}
        onChange={setText}
      />
      <Button type="submit" size="xs" variant="default">
        Find
      </Button>
    </form>
  )
}
