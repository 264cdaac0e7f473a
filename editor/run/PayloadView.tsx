import { Button, Textarea, TextInput } from '@mantine/core'
import { IconLock } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { JsonView } from '../parts/JsonView.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { payloadQuery } from '../queries.ts'
import { useRights } from '../shell/use-rights.ts'
import classes from './PayloadView.module.css'

/** For as long as this page is open: one reason, given once, stands in every entry of the audit log. */
let given: string | undefined

/** The kept records of one batch at one place, page by page. Their values are hidden until somebody says why. */
export function PayloadView(props: {
  workspace: string
  run: string
  place: { readonly node: string; readonly batch: number; readonly kind: string }
  label: string
}) {
  const { may } = useRights(props.workspace)
  const [reason, setReason] = useState(given)
  const [contains, setContains] = useState('')
  const shown = reason === undefined ? undefined : { reason, ...(contains === '' ? {} : { contains }) }
  const payload = useInfiniteQuery(payloadQuery(props.workspace, props.run, props.place, shown))
  return (
    <>
      <div className={classes.bar}>
        {reason === undefined ? (
          <>
            <span className="muted">
              <IconLock size={14} aria-hidden /> Values are hidden.
            </span>
            {may('payloads.reveal') ? (
              <Reveal
                onReveal={(why) => {
                  given = why
                  setReason(why)
                }}
              />
            ) : null}
          </>
        ) : (
          <>
            <Find value={contains} onFind={setContains} />
            <Button
              variant="subtle"
              size="compact-sm"
              onClick={() => {
                given = undefined
                setContains('')
                setReason(undefined)
              }}
            >
              Hide values
            </Button>
          </>
        )}
      </div>
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
      <TextInput
        aria-label="Find in these records"
        placeholder="Find in these records"
        size="xs"
        type="search"
        maxLength={200}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Button type="submit" size="xs" variant="default">
        Find
      </Button>
    </form>
  )
}

function Reveal({ onReveal }: { onReveal: (reason: string) => void }) {
  const [asked, setAsked] = useState(false)
  const [reason, setReason] = useState('')
  return (
    <>
      <Button variant="default" size="compact-sm" onClick={() => setAsked(true)}>
        Show values…
      </Button>
      <EffectDialog
        open={asked}
        title="Show the values of records?"
        verb="Show them"
        keep="Leave them hidden"
        disabled={reason.trim() === ''}
        busy={false}
        onConfirm={() => {
          setAsked(false)
          onReveal(reason.trim())
        }}
        onClose={() => setAsked(false)}
      >
        <p>They may be about people. Who looked at which records, and why, stands in the audit log.</p>
        <Textarea
          label="Reason"
          required
          autosize
          minRows={2}
          maxLength={500}
          data-autofocus
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
      </EffectDialog>
    </>
  )
}
