import { Button } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { ExceptionDetail } from '../../server/contract/exceptions.ts'
import * as api from '../api.ts'
import { Care } from '../exception/Care.tsx'
import { EditRecord } from '../exception/EditRecord.tsx'
import { RetryOne } from '../exception/RetryOne.tsx'
import { countOf } from '../format/number.ts'
import { Amount } from '../parts/Amount.tsx'
import { Banner } from '../parts/Banner.tsx'
import { ButtonLink } from '../parts/ButtonLink.tsx'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { Fact, Facts } from '../parts/Facts.tsx'
import { JsonView } from '../parts/JsonView.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { ReasonInput } from '../parts/ReasonInput.tsx'
import { StateBadge } from '../parts/StateBadge.tsx'
import { When } from '../parts/When.tsx'
import { exceptionQuery } from '../queries.ts'
import { Reveal } from '../run/Reveal.tsx'
import { useReason } from '../run/reveal-reason.ts'
import { RecordKey } from '../record/RecordKey.tsx'
import { ValuesBar } from '../run/ValuesBar.tsx'
import { exceptionValuesQuery } from '../run/values-queries.ts'
import { Page, Section } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'
import { DESK_WORDS, EXCEPTION_WORDS } from '../words.ts'

const route = getRouteApi('/w/$workspace/exceptions/$exception')

export function Exception() {
  const { workspace, exception: id } = route.useParams()
  const exception = useQuery(exceptionQuery(workspace, id))
  const data = exception.data
  return (
    <Page
      title={data ? (data.businessKey ?? 'Record without a key') : 'Exception'}
      above={
        <Link to="/w/$workspace/exceptions" params={{ workspace }}>
          Exceptions
        </Link>
      }
      beside={data ? <StateBadge {...EXCEPTION_WORDS[data.state]} /> : null}
      sentence={
        data ? (
          <>
            Set aside by {data.flow.name}, <When at={data.createdAt} />, for {DESK_WORDS[data.desk].toLowerCase()}
          </>
        ) : null
      }
      actions={data ? <Actions workspace={workspace} exception={data} /> : null}
    >
      <Loaded query={exception}>{(shown) => <One workspace={workspace} exception={shown} />}</Loaded>
    </Page>
  )
}

function One({ workspace, exception }: { workspace: string; exception: ExceptionDetail }) {
  const { may } = useRights(workspace)
  const [editing, setEditing] = useState(false)
  const reason = useReason()
  const revealed = useQuery(exceptionValuesQuery(workspace, exception.id, reason))
  const open = exception.state === 'open' || exception.state === 'retrying'
  const { message, remote } = revealed.data ?? exception
  return (
    <>
      <Banner tone={open ? 'attention' : 'off'} title={message}>
        {remote ? <p>The other system said: “{remote}”</p> : null}
        {open && exception.nextAction ? <p>{exception.nextAction}</p> : null}
        {exception.resolution ? (
          <p>
            {exception.state === 'dismissed' ? 'Dismissed' : 'Resolved'} <When at={exception.resolvedAt} />
            {exception.resolvedBy ? ` by ${exception.resolvedBy}` : ''}: {exception.resolution}
          </p>
        ) : null}
      </Banner>
      <Facts>
        {exception.amount === null ? null : (
          <Fact term="At stake">
            <Amount amount={exception.amount} currency={exception.currency} />
          </Fact>
        )}
        <Fact term="Flow">
          <Link
            to="/w/$workspace/flows/$flow"
            params={{ workspace, flow: exception.flow.id }}
            search={{ tab: 'steps', version: exception.version, step: exception.node }}
          >
            {exception.flow.name}, version {exception.version}
          </Link>
        </Fact>
        <Fact term="Set aside at">
          <Link
            to="/w/$workspace/runs/$run"
            params={{ workspace, run: exception.run }}
            search={{ step: exception.node, batch: exception.batch }}
          >
            {exception.nodeName}, batch {exception.batch} of its run
          </Link>
        </Fact>
        {exception.occurrences > 1 ? (
          <Fact term="How often">
            {countOf(exception.occurrences, 'time')}, last <When at={exception.lastAt} />
          </Fact>
        ) : null}
        {exception.retryRun ? (
          <Fact term="Tried again">
            <Link to="/w/$workspace/runs/$run" params={{ workspace, run: exception.retryRun }}>
              {exception.state === 'retrying' ? 'In this run, now' : 'In this run'}
            </Link>
            {exception.edited ? ', with an edited record' : null}
          </Fact>
        ) : exception.edited ? (
          <Fact term="Edited">Somebody changed the record before trying again</Fact>
        ) : null}
        <Fact term="Code">
          <code>{exception.code}</code>
        </Fact>
        {exception.businessKey ? (
          <Fact term="Key">
            <RecordKey workspace={workspace} value={exception.businessKey} />
          </Fact>
        ) : null}
      </Facts>
      {editing && reason !== undefined ? (
        <Section title="Edit the record, then try again">
          <Loaded query={revealed} rows={4}>
            {({ record }) => (
              <EditRecord
                workspace={workspace}
                exception={{ ...exception, record }}
                onClose={() => setEditing(false)}
              />
            )}
          </Loaded>
        </Section>
      ) : (
        <Section
          title="The record as it was"
          actions={
            exception.actions.includes('edit') && may('exceptions.retry') && may('payloads.reveal') ? (
              reason === undefined ? (
                <Reveal
                  button="Edit and try again…"
                  size="sm"
                  title="Show the values of the record, to edit them?"
                  verb="Show and edit"
                  keep="Leave them hidden"
                  onShow={() => setEditing(true)}
                >
                  <p>They may be about people. Who looked at which records, and why, stands in the audit log.</p>
                </Reveal>
              ) : (
                <Button variant="default" onClick={() => setEditing(true)}>
                  Edit and try again…
                </Button>
              )
            ) : null
          }
        >
          <ValuesBar workspace={workspace} />
          {reason === undefined ? (
            <JsonView records={[exception.record]} total={1} label="The record" />
          ) : (
            <Loaded query={revealed} rows={4}>
              {({ record }) => <JsonView records={[record]} total={1} label="The record" />}
            </Loaded>
          )}
        </Section>
      )}
      <Care workspace={workspace} exception={exception} />
    </>
  )
}

function Actions({ workspace, exception }: { workspace: string; exception: ExceptionDetail }) {
  const { may } = useRights(workspace)
  const can = (action: ExceptionDetail['actions'][number]): boolean => exception.actions.includes(action)
  return (
    <>
      {can('settle') ? (
        <ButtonLink to="/w/$workspace/unknown" params={{ workspace }} search={{ run: exception.run }}>
          Say whether it arrived
        </ButtonLink>
      ) : null}
      {can('retry') && may('exceptions.retry') ? <RetryOne workspace={workspace} exception={exception} /> : null}
      {can('dismiss') && may('exceptions.dismiss') ? <Dismiss workspace={workspace} exception={exception} /> : null}
    </>
  )
}

function Dismiss({ workspace, exception }: { workspace: string; exception: ExceptionDetail }) {
  const client = useQueryClient()
  const [asked, setAsked] = useState(false)
  const [reason, setReason] = useState('')
  const dismiss = useMutation({
    mutationFn: () => api.dismissException(workspace, exception.id, reason.trim()),
    onSuccess: async () => {
      setAsked(false)
      await client.invalidateQueries({ queryKey: [workspace, 'exceptions'] })
    },
  })
  return (
    <>
      <Button variant="default" onClick={() => setAsked(true)}>
        Dismiss…
      </Button>
      <EffectDialog
        open={asked}
        title={`Dismiss ${exception.businessKey ?? 'this record'}?`}
        verb="Dismiss"
        keep="Keep it open"
        disabled={reason.trim() === ''}
        busy={dismiss.isPending}
        error={dismiss.error}
        onConfirm={() => dismiss.mutate()}
        onClose={() => setAsked(false)}
      >
        <p>This record is not sent. It leaves the list of open exceptions and stays on file with your reason.</p>
        <ReasonInput value={reason} onChange={setReason} />
      </EffectDialog>
    </>
  )
}
