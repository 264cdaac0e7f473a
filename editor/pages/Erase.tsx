import { Button, Checkbox, Textarea, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import type { ErasureAnswer, ErasureView } from '../../server/contract/data.ts'
import * as api from '../api.ts'
import { eraseAll, erasuresQuery, namesIn, tryErasure } from '../erasure/requests.ts'
import { countOf, sayCount } from '../format/number.ts'
import { Banner } from '../parts/Banner.tsx'
import { type Column, DataTable } from '../parts/DataTable.tsx'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Failure } from '../parts/Failure.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { When } from '../parts/When.tsx'
import { Card, Page, Section } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'

const route = getRouteApi('/w/$workspace/erase')

/** A person asks to be forgotten: what is kept of their records is blanked, and who ordered it is written down. */
export function Erase() {
  const { workspace } = route.useParams()
  const { may, closing } = useRights(workspace)
  const past = useQuery(erasuresQuery(workspace))
  return (
    <Page
      title="Erase a person"
      sentence="Records of the person in traces, exceptions and events are blanked; counts stay. What was sent to Emarsys or stands in Xero is not touched."
      above={
        <Link to="/w/$workspace/erased" params={{ workspace }}>
          Erased people
        </Link>
      }
    >
      {may('data.erase') ? (
        <Section title="Find, then erase">
          <Find workspace={workspace} />
        </Section>
      ) : (
        <EmptyState title={closing ? 'Nobody is erased here any more' : 'Only owners can erase people'}>
          {closing
            ? 'The workspace is being closed: all of its records are deleted with it.'
            : 'Ask an owner of this workspace.'}
        </EmptyState>
      )}
      <Section title="Past erasures" note="Whose data it was is not kept.">
        <Loaded query={past}>
          {({ items }) =>
            items.length === 0 ? (
              <EmptyState title="Nobody was erased yet" />
            ) : (
              <DataTable label="Past erasures" columns={COLUMNS} rows={items} rowKey={(one) => one.id} />
            )
          }
        </Loaded>
      </Section>
    </Page>
  )
}

function Find({ workspace }: { workspace: string }) {
  const client = useQueryClient()
  const { may } = useRights(workspace)
  const [email, setEmail] = useState('')
  const [others, setOthers] = useState('')
  const [reason, setReason] = useState('')
  const [suppress, setSuppress] = useState(true)
  const [asked, setAsked] = useState(false)
  const [runsDone, setRunsDone] = useState(0)
  const keys = namesIn(email, others)
  const look = useMutation({ mutationFn: () => tryErasure(workspace, keys) })
  const erase = useMutation({
    mutationFn: async () => {
      const done = await eraseAll(workspace, { keys, reason: reason.trim() }, setRunsDone)
      if (suppress && may('suppressions.manage')) {
        await api.addSuppression(workspace, { value: email.trim(), reason: reason.trim() })
      }
      return done
    },
    onSuccess: async () => {
      setAsked(false)
      look.reset()
      setEmail('')
      setOthers('')
      setReason('')
      await client.invalidateQueries({ queryKey: [workspace] })
    },
    onSettled: () => setRunsDone(0),
  })
  const changed = (set: (text: string) => void) => (text: string) => {
    look.reset()
    erase.reset()
    set(text)
  }
  const good = /^\S+@\S+$/.test(email.trim())
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (good) look.mutate()
  }
  return (
    <Card form>
      <form onSubmit={submit} style={{ display: 'grid', gap: 12 }}>
        <TextInput
          label="E-mail address"
          maxLength={200}
          autoComplete="off"
          required
          value={email}
          onChange={(event) => changed(setEmail)(event.currentTarget.value)}
        />
        <Textarea
          label="Other names of the person"
          description="Ids in either system, numbers of their documents, earlier addresses; one a line. Only what is named is found."
          autosize
          minRows={2}
          maxRows={10}
          value={others}
          onChange={(event) => changed(setOthers)(event.currentTarget.value)}
        />
        <div>
          <Button type="submit" variant="default" loading={look.isPending} disabled={!good}>
            See what is kept
          </Button>
        </div>
      </form>
      <Failure error={look.error} />
      {erase.data ? (
        <Banner tone="ok" title={`Blanked: ${sayFound(erase.data)}.`} live>
          <p>The names were taken out of the index. This cannot be taken back.</p>
          <AtWork found={erase.data} />
        </Banner>
      ) : null}
      {look.data ? (
        <Banner
          tone={isNothing(look.data) ? 'ok' : 'attention'}
          title={isNothing(look.data) ? 'Nothing is kept under these names.' : `Found: ${sayFound(look.data)}.`}
          live
        >
          {look.data.left > 0 ? (
            <p>Counted in the newest runs; {countOf(look.data.left, 'older run')} had the person too.</p>
          ) : null}
          <AtWork found={look.data} />
          <p>
            <Button
              size="compact-sm"
              {...(isNothing(look.data) ? {} : { color: 'danger' })}
              onClick={() => setAsked(true)}
            >
              {isNothing(look.data) ? 'Write the erasure down all the same…' : 'Erase this…'}
            </Button>
          </p>
        </Banner>
      ) : null}
      <EffectDialog
        open={asked}
        title={`Erase ${email.trim()}?`}
        verb={runsDone > 0 ? `${countOf(runsDone, 'run')} done…` : 'Erase for good'}
        keep="Leave it"
        danger
        disabled={reason.trim() === ''}
        busy={erase.isPending}
        error={erase.error}
        onConfirm={() => erase.mutate()}
        onClose={() => setAsked(false)}
      >
        <p>
          {look.data
            ? `${sayFound(look.data)} are blanked${look.data.left > 0 ? ', and what the older runs kept' : ''}. `
            : ''}
          Open exceptions of the person are dismissed. Nobody can bring this back. What was sent stays sealed, as a
          reversal needs it; so do records that wait for a time.
        </p>
        <TextInput
          label="Why?"
          description="Kept with your name. Do not name the person."
          placeholder="Asked to be forgotten, ticket 4711"
          maxLength={500}
          required
          data-autofocus
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        {may('suppressions.manage') ? (
          <Checkbox
            label="Also put the e-mail address on the list of erased people, so that no flow writes to it again"
            checked={suppress}
            onChange={(event) => setSuppress(event.currentTarget.checked)}
          />
        ) : null}
      </EffectDialog>
    </Card>
  )
}

const isNothing = ({ runs, records }: ErasureAnswer) => runs + records === 0

/** Whoever is read at this moment may be kept a moment later. */
const AtWork = ({ found: { atWork } }: { found: ErasureAnswer }) =>
  atWork === 0 ? null : (
    <p>
      {countOf(atWork, 'run')} {atWork === 1 ? 'is' : 'are'} at work and may yet keep records of the person. See again
      what is kept when {atWork === 1 ? 'it has' : 'they have'} ended.
    </p>
  )

/** “12 records, 1 exception and 0 events in 3 runs” */
const sayFound = (found: Pick<ErasureAnswer, 'records' | 'exceptions' | 'events' | 'runs'>): string =>
  `${countOf(found.records, 'record')}, ${countOf(found.exceptions, 'exception')} and ${countOf(found.events, 'event')} in ${countOf(found.runs, 'run')}`

const COLUMNS: readonly Column<ErasureView>[] = [
  { id: 'at', title: 'When', cell: (one) => <When at={one.at} /> },
  { id: 'by', title: 'By', cell: (one) => one.by ?? 'Somebody who left' },
  { id: 'why', title: 'Why', grow: true, wrap: true, cell: (one) => one.reason },
  { id: 'runs', title: 'Runs', align: 'end', wideOnly: true, cell: (one) => sayCount(one.runs) },
  { id: 'records', title: 'Records', align: 'end', cell: (one) => sayCount(one.records) },
  { id: 'exceptions', title: 'Exceptions', align: 'end', wideOnly: true, cell: (one) => sayCount(one.exceptions) },
  { id: 'events', title: 'Events', align: 'end', wideOnly: true, cell: (one) => sayCount(one.events) },
]
