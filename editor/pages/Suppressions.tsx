import { Button, Select, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import type { SuppressionView } from '../../server/contract/suppressions.ts'
import * as api from '../api.ts'
import { ButtonLink } from '../parts/ButtonLink.tsx'
import { Banner } from '../parts/Banner.tsx'
import { type Column, DataTable } from '../parts/DataTable.tsx'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Failure } from '../parts/Failure.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { ReasonInput } from '../parts/ReasonInput.tsx'
import { StateBadge } from '../parts/StateBadge.tsx'
import { When } from '../parts/When.tsx'
import { suppressionsQuery } from '../queries.ts'
import { Card, Page, Section } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'
import classes from './Suppressions.module.css'

const route = getRouteApi('/w/$workspace/erased')

/** Who was erased and must not come back. The list holds hashes: it can be asked about a person, but names none. */
export function Suppressions() {
  const { workspace } = route.useParams()
  const { may } = useRights(workspace)
  const entries = useInfiniteQuery(suppressionsQuery(workspace))
  const rows = entries.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <Page
      title="Erased people"
      sentence="No flow writes to people who stand here, so that nobody who was deleted comes back with the next sync. Only scrambled keys are kept: the list can be asked about a person, but does not say who is in it."
      above={
        <Link to="/w/$workspace/settings" params={{ workspace }}>
          Settings
        </Link>
      }
      actions={
        <ButtonLink variant="default" to="/w/$workspace/erase" params={{ workspace }}>
          Erase a person…
        </ButtonLink>
      }
    >
      <Section title="Ask about somebody, or add them">
        <AskOrAdd workspace={workspace} mayAdd={may('suppressions.manage')} />
      </Section>
      <Section title="Entries">
        <Loaded query={entries}>
          {() =>
            rows.length === 0 ? (
              <EmptyState title="Nobody stands here">
                People are added by hand above, or by the step “Delete contacts”.
              </EmptyState>
            ) : (
              <Entries
                workspace={workspace}
                label="Entries of the suppression list"
                rows={rows}
                mayLift={may('suppressions.manage')}
                more={
                  entries.hasNextPage
                    ? { load: () => void entries.fetchNextPage(), loading: entries.isFetchingNextPage }
                    : undefined
                }
              />
            )
          }
        </Loaded>
      </Section>
    </Page>
  )
}

function Entries(props: {
  workspace: string
  label: string
  rows: readonly SuppressionView[]
  mayLift: boolean
  more?: { load: () => void; loading: boolean } | undefined
}) {
  const columns: readonly Column<SuppressionView>[] = [
    {
      id: 'state',
      title: 'State',
      cell: (one) => (
        <StateBadge
          {...(one.liftedAt === null ? { tone: 'ok', word: 'Stands' } : { tone: 'cancelled', word: 'Lifted' })}
        />
      ),
    },
    { id: 'added', title: 'Added', cell: (one) => <When at={one.addedAt} /> },
    {
      id: 'by',
      title: 'By',
      cell: (one) =>
        one.run === null ? (
          (one.addedBy ?? 'Somebody who left')
        ) : (
          <Link to="/w/$workspace/runs/$run" params={{ workspace: props.workspace, run: one.run }}>
            A flow
          </Link>
        ),
    },
    {
      id: 'why',
      title: 'Why',
      grow: true,
      wrap: true,
      cell: (one) =>
        one.liftedAt === null ? (
          one.reason
        ) : (
          <>
            {one.reason}
            <br />
            Lifted by {one.liftedBy ?? 'somebody who left'}, <When at={one.liftedAt} />: {one.liftReason}
          </>
        ),
    },
    {
      id: 'lift',
      title: 'Lift',
      silent: true,
      cell: (one) => (props.mayLift && one.liftedAt === null ? <Lift workspace={props.workspace} entry={one} /> : null),
    },
  ]
  return (
    <DataTable label={props.label} columns={columns} rows={props.rows} rowKey={(one) => one.id} more={props.more} />
  )
}

function AskOrAdd({ workspace, mayAdd }: { workspace: string; mayAdd: boolean }) {
  const client = useQueryClient()
  const [by, setBy] = useState('email')
  const [field, setField] = useState('')
  const [value, setValue] = useState('')
  const [reason, setReason] = useState('')
  const who = () => ({ ...(by === 'email' ? {} : { field: field.trim() }), value: value.trim() })
  const ask = useMutation({ mutationFn: () => api.lookUpSuppression(workspace, who()) })
  const add = useMutation({
    mutationFn: () => api.addSuppression(workspace, { ...who(), reason: reason.trim() }),
    onSuccess: async ({ added }) => {
      notifications.show({ message: added ? 'Added. No flow writes to this person any more.' : 'Stood there already.' })
      setValue('')
      setReason('')
      ask.reset()
      await client.invalidateQueries({ queryKey: [workspace, 'suppressions'] })
    },
  })
  const given = value.trim() !== '' && (by === 'email' || /^[0-9]+$/.test(field.trim()))
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (given) ask.mutate()
  }
  const error = ask.error ?? add.error
  const changed = (set: (text: string) => void) => (text: string) => {
    ask.reset()
    add.reset()
    set(text)
  }
  return (
    <Card>
      <form className={classes.ask} onSubmit={submit}>
        <Select
          label="Known by"
          data={[
            { value: 'email', label: 'E-mail address' },
            { value: 'field', label: 'Another key field' },
          ]}
          value={by}
          onChange={(chosen) => changed(setBy)(chosen ?? 'email')}
        />
        {by === 'field' ? (
          <TextInput
            label="Field number"
            placeholder="9001"
            inputMode="numeric"
            required
            value={field}
            onChange={(event) => changed(setField)(event.currentTarget.value)}
          />
        ) : null}
        <TextInput
          label={by === 'email' ? 'E-mail address' : 'Value'}
          maxLength={500}
          autoComplete="off"
          required
          value={value}
          onChange={(event) => changed(setValue)(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" loading={ask.isPending} disabled={!given}>
          Look up
        </Button>
      </form>
      {mayAdd ? (
        <form
          className={classes.add}
          onSubmit={(event) => {
            event.preventDefault()
            if (given && reason.trim() !== '') add.mutate()
          }}
        >
          <TextInput
            label="Why must they not come back?"
            description="Kept with your name. Do not name the person."
            placeholder="Asked to be erased, ticket 4711"
            maxLength={500}
            required
            value={reason}
            onChange={(event) => changed(setReason)(event.currentTarget.value)}
          />
          <Button type="submit" loading={add.isPending} disabled={!given || reason.trim() === ''}>
            Add to the list
          </Button>
        </form>
      ) : null}
      <Failure error={error} />
      {ask.data ? (
        <>
          <Banner
            tone={ask.data.items.some((one) => one.liftedAt === null) ? 'attention' : 'ok'}
            title={
              ask.data.items.some((one) => one.liftedAt === null)
                ? 'Stands in the list: nothing is sent about this person.'
                : ask.data.items.length > 0
                  ? 'Stood in the list once; the entry was lifted.'
                  : 'Does not stand in the list.'
            }
            live
          >
            {null}
          </Banner>
          {ask.data.items.length > 0 ? (
            <Entries workspace={workspace} label="Entries found" rows={ask.data.items} mayLift={mayAdd} />
          ) : null}
        </>
      ) : null}
    </Card>
  )
}

function Lift({ workspace, entry }: { workspace: string; entry: SuppressionView }) {
  const client = useQueryClient()
  const [asked, setAsked] = useState(false)
  const [reason, setReason] = useState('')
  const lift = useMutation({
    mutationFn: () => api.liftSuppression(workspace, entry.id, { reason: reason.trim() }),
    onSuccess: async () => {
      setAsked(false)
      await client.invalidateQueries({ queryKey: [workspace, 'suppressions'] })
    },
  })
  return (
    <>
      <Button size="compact-sm" variant="default" onClick={() => setAsked(true)}>
        Lift…
      </Button>
      <EffectDialog
        open={asked}
        title="Lift this entry?"
        verb="Lift the entry"
        keep="Leave it"
        danger
        disabled={reason.trim() === ''}
        busy={lift.isPending}
        error={lift.error}
        onConfirm={() => lift.mutate()}
        onClose={() => setAsked(false)}
      >
        <p>Flows may write to this person again, and the next sync may create them anew in Emarsys.</p>
        <ReasonInput
          label="Why may they come back?"
          description="Kept with your name."
          placeholder="Signed up again on 22 Nov"
          value={reason}
          onChange={setReason}
        />
      </EffectDialog>
    </>
  )
}
