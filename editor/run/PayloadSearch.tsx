import { Button } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import type { NodeSteps, RunView } from '../../server/contract/runs.ts'
import { countOf, sayCount } from '../format/number.ts'
import { Loaded } from '../parts/Loaded.tsx'
import { SearchField } from '../parts/SearchField.tsx'
import { Section } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'
import { FoundRecords } from './FoundRecords.tsx'
import classes from './PayloadSearch.module.css'
import { Reveal } from './Reveal.tsx'
import { setReason, useReason } from './reveal-reason.ts'
import { payloadSearchQuery } from './payload-queries.ts'

/** Hits that are looked for before a person is asked whether to go on. */
const ENOUGH = 50

/** Finds a text in all that was kept of a run. `/` puts the cursor here. */
export function PayloadSearch(props: { workspace: string; run: RunView; steps: readonly NodeSteps[] }) {
  const { workspace, run } = props
  const { may } = useRights(workspace)
  const [typed, setTyped] = useState('')
  const [sought, setSought] = useState('')
  const field = useRef<HTMLInputElement>(null)
  const reason = useReason()
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    setSought(typed.trim())
  }
  return (
    <Section
      title="Search inside payloads"
      note={
        reason === undefined
          ? 'Finds numbers of documents, ids, states, times and names of fields in records, items sent and calls. Other values are hidden, and not looked at.'
          : 'Finds any text in records, items sent and calls, in hidden values too. The audit log keeps that you looked, not for what.'
      }
    >
      <search aria-label="Payloads of this run">
        <form onSubmit={submit} className={classes.form}>
          <SearchField
            ref={field}
            className={classes.field}
            slash="own"
            label="Search inside payloads"
            placeholder={reason === undefined ? 'In this run: INV-0192, an id, PAID' : 'In this run: any text'}
            value={typed}
            onChange={setTyped}
          />
          <Button type="submit" variant="default" disabled={typed.trim() === ''}>
            Search
          </Button>
          {sought === '' ? null : (
            <Button
              variant="subtle"
              onClick={() => {
                setTyped('')
                setSought('')
                field.current?.focus()
              }}
            >
              Clear
            </Button>
          )}
          {reason !== undefined ? (
            <Button variant="subtle" onClick={() => setReason(undefined)}>
              Only in what is shown
            </Button>
          ) : may('payloads.reveal') ? (
            <Reveal
              button="In hidden values too…"
              title="Search in hidden values too?"
              verb="Search them"
              keep="Leave them hidden"
            >
              <p>
                They may be about people, and what is found is shown. Who searched which run, and why, stands in the
                audit log.
              </p>
            </Reveal>
          ) : null}
        </form>
      </search>
      {sought === '' ? null : <Hits key={`${sought} ${reason}`} {...props} run={run} sought={sought} reason={reason} />}
    </Section>
  )
}

function Hits(props: {
  workspace: string
  run: RunView
  steps: readonly NodeSteps[]
  sought: string
  reason: string | undefined
}) {
  const { workspace, run, sought, reason } = props
  const search = useInfiniteQuery(payloadSearchQuery(workspace, run.id, sought, reason))
  const [wanted, setWanted] = useState(ENOUGH)
  const [stopped, setStopped] = useState(false)
  const pages = search.data?.pages ?? []
  const hits = pages.flatMap((page) => page.hits)
  const { fetchNextPage, hasNextPage, isFetching, isError } = search
  const goesOn = hasNextPage && !stopped && !isError && hits.length < wanted
  // Each answer covers a stretch of the run; the next is asked for until there is enough to look at.
  useEffect(() => {
    if (goesOn && !isFetching) void fetchNextPage()
  }, [goesOn, isFetching, fetchNextPage])
  const box = useRef<HTMLDivElement>(null)
  const answered = hits.length > 0 || (search.data !== undefined && !hasNextPage)
  // The field stands at the end of a long page: what was found would be below the window.
  useEffect(() => {
    if (answered) box.current?.scrollIntoView({ block: 'nearest' })
  }, [answered])
  return (
    <Loaded query={search} rows={2}>
      {() => {
        const { looked, of } = pages.at(-1)?.batches ?? { looked: 0, of: 0 }
        const records = pages.reduce((sum, page) => sum + page.records.looked, 0)
        const missing = pages.reduce((sum, page) => sum + page.records.missing, 0)
        const far = `Looked through ${sayCount(looked)} of ${countOf(of, 'batch', 'batches')}`
        return (
          <div className={classes.found} ref={box}>
            <div className={classes.far}>
              {hasNextPage ? (
                <progress value={looked} max={Math.max(of, 1)} aria-label="Looked through so far" />
              ) : null}
              {/* Read aloud when it has come to rest, not at each stretch. */}
              <p className="muted number" role={goesOn ? undefined : 'status'}>
                {hasNextPage
                  ? far
                  : `Looked through ${countOf(records, 'record')} of ${countOf(of, 'batch', 'batches')}`}
                {': '}
                {hits.length === 0 ? 'nothing found' : `${countOf(hits.length, 'hit')}`}
                {hasNextPage ? ' so far' : ''}
              </p>
              {goesOn ? (
                <Button size="compact-sm" variant="default" onClick={() => setStopped(true)}>
                  Stop
                </Button>
              ) : hasNextPage ? (
                <Button
                  size="compact-sm"
                  variant="default"
                  onClick={() => {
                    setStopped(false)
                    setWanted(hits.length + ENOUGH)
                    // After a failure the next answer is asked for by hand.
                    if (isError) void fetchNextPage()
                  }}
                >
                  Look further
                </Button>
              ) : null}
            </div>
            {hits.length > 0 ? (
              <FoundRecords workspace={workspace} run={run.id} hits={hits} steps={props.steps} />
            ) : null}
            {!hasNextPage && hits.length === 0 ? (
              <p>
                No kept record of this run shows “{sought}”.
                {reason === undefined ? ' It may stand in a hidden value.' : ''}
              </p>
            ) : null}
            {missing > 0 ? (
              <p className="muted">
                {countOf(missing, 'more record')} went through these steps and {missing === 1 ? 'was' : 'were'} not
                kept: a flow can keep samples, and of one step’s records of a batch 16 MB are kept at most.
              </p>
            ) : null}
          </div>
        )
      }}
    </Loaded>
  )
}
