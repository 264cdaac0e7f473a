import { sayExactly } from '../format/time.ts'
import { Button, Group, Select, Textarea } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { CareRequest, ExceptionNote } from '../../server/contract/exception-care.ts'
import type { ExceptionView } from '../../server/contract/exceptions.ts'
import { Failure } from '../parts/Failure.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { When } from '../parts/When.tsx'
import { exceptionNotesQuery, membersQuery, sessionQuery } from '../queries.ts'
import { Section } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'
import { ASIDE, asideUntil } from './aside.ts'
import classes from './Care.module.css'
import { careFor } from './requests.ts'

/** Who has it in hand, until when it is put aside, and what was said about it. */
export function Care({ workspace, exception }: { workspace: string; exception: ExceptionView }) {
  const client = useQueryClient()
  const { may } = useRights(workspace)
  const notes = useQuery(exceptionNotesQuery(workspace, exception.id))
  const session = useQuery(sessionQuery)
  const members = useQuery({ ...membersQuery(workspace), enabled: may('people.read') && may('exceptions.assign') })
  const [words, setWords] = useState('')
  const care = useMutation({
    mutationFn: (what: Omit<CareRequest, 'select'>) => careFor(workspace, { select: { ids: [exception.id] }, ...what }),
    onSuccess: async (_, what) => {
      if (what.comment !== undefined) setWords('')
      await client.invalidateQueries({ queryKey: [workspace, 'exceptions'] })
    },
  })
  const open = exception.state === 'open' || exception.state === 'retrying'
  const me = session.data?.user.id
  return (
    <Section title="In hand">
      {open ? (
        <p className={may('exceptions.assign') ? classes.paper : undefined}>
          {exception.assignedTo ? `${exception.assignedTo.name} sees to it.` : 'Nobody sees to it yet.'}
        </p>
      ) : null}
      {may('exceptions.assign') && open ? (
        <Group gap="sm" align="end" data-screen>
          <Select
            label="Who sees to it"
            placeholder="Nobody yet"
            clearable
            searchable
            disabled={care.isPending}
            data={(members.data?.items ?? []).map((one) => ({ value: one.user, label: one.name }))}
            value={exception.assignedTo?.id ?? null}
            onChange={(assign) => care.mutate({ assign })}
          />
          {me !== undefined && exception.assignedTo?.id !== me ? (
            <Button variant="default" disabled={care.isPending} onClick={() => care.mutate({ assign: me })}>
              Take it
            </Button>
          ) : null}
          {exception.snoozedUntil === null ? (
            <Select
              label="Put aside"
              placeholder="Not put aside"
              data={ASIDE}
              value={null}
              disabled={care.isPending}
              onChange={(hours) => (hours === null ? undefined : care.mutate({ snoozeUntil: asideUntil(hours) }))}
            />
          ) : (
            <Button variant="default" disabled={care.isPending} onClick={() => care.mutate({ snoozeUntil: null })}>
              Back into the queue
            </Button>
          )}
        </Group>
      ) : null}
      {exception.snoozedUntil ? (
        <p>
          Put aside until <When at={exception.snoozedUntil} />.
        </p>
      ) : null}
      <Failure error={care.error} />
      <Loaded query={notes} rows={2}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="muted">Nobody has said anything yet.</p>
          ) : (
            <ol className={classes.notes}>
              {items.map((note) => (
                <li key={note.id}>
                  <span>{sayNote(note)}</span>
                  <span className="muted">
                    {note.by ?? 'Somebody'}, <When at={note.at} />
                  </span>
                </li>
              ))}
            </ol>
          )
        }
      </Loaded>
      {may('exceptions.assign') ? (
        <form
          className={classes.say}
          data-screen
          onSubmit={(event) => {
            event.preventDefault()
            if (words.trim() !== '') care.mutate({ comment: words.trim() })
          }}
        >
          <Textarea
            aria-label="Comment"
            placeholder="What is known, what was agreed"
            autosize
            minRows={1}
            maxLength={2000}
            value={words}
            onChange={(event) => setWords(event.currentTarget.value)}
          />
          <Button type="submit" variant="default" loading={care.isPending} disabled={words.trim() === '' || !open}>
            Comment
          </Button>
        </form>
      ) : null}
    </Section>
  )
}

function sayNote(note: ExceptionNote): string {
  if (note.kind === 'comment') return note.words ?? ''
  if (note.kind === 'assign') return note.assignedTo ? `Handed to ${note.assignedTo}` : 'Handed to nobody'
  return note.until ? `Put aside until ${sayExactly(new Date(note.until))}` : 'Taken back into the queue'
}
