import { Button, TextInput } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { recordHistoryQuery } from '../queries.ts'
import { Timeline } from '../record/Timeline.tsx'
import { Page } from '../shell/Page.tsx'
import classes from './Records.module.css'

const route = getRouteApi('/w/$workspace/records')

export function Records() {
  const { workspace } = route.useParams()
  const { key } = route.useSearch()
  return (
    <Page
      title={key ? `What happened to ${key}` : 'Find a record'}
      reading
      sentence="Everything Tieline did with one invoice, contact or order, newest first."
    >
      <Find key={key} value={key ?? ''} />
      {key ? (
        <History workspace={workspace} value={key} />
      ) : (
        <EmptyState title="Which record?">
          Enter an invoice number, an e-mail address or an id as a whole, such as INV-0192. Capitals do not matter.
        </EmptyState>
      )}
    </Page>
  )
}

function Find({ value }: { value: string }) {
  const navigate = route.useNavigate()
  const [typed, setTyped] = useState(value)
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    const key = typed.trim()
    void navigate({ search: key === '' ? {} : { key } })
  }
  return (
    <search aria-label="Find a record">
      <form className={classes.find} onSubmit={submit}>
        <TextInput
          label="Invoice number, e-mail address or id"
          maxLength={200}
          autoComplete="off"
          spellCheck={false}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <Button type="submit" disabled={typed.trim() === ''}>
          Find
        </Button>
      </form>
    </search>
  )
}

function History({ workspace, value }: { workspace: string; value: string }) {
  const history = useInfiniteQuery(recordHistoryQuery(workspace, value))
  return (
    <Loaded query={history}>
      {({ pages }) => {
        const events = pages.flatMap((page) => page.items)
        if (events.length === 0) {
          return (
            <EmptyState title={`Nothing is known of ${value}`}>
              No run has read it, or what was kept of it is too old. Check that the key is whole: part of one is not
              found.
            </EmptyState>
          )
        }
        return (
          <>
            <Timeline workspace={workspace} events={events} />
            {history.hasNextPage ? (
              <div>
                <Button
                  variant="default"
                  onClick={() => void history.fetchNextPage()}
                  loading={history.isFetchingNextPage}
                >
                  Show earlier
                </Button>
              </div>
            ) : null}
          </>
        )
      }}
    </Loaded>
  )
}
