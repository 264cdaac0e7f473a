import { Button, Textarea } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { ExceptionDetail } from '../../server/contract/exceptions.ts'
import * as api from '../api.ts'
import { Amount } from '../parts/Amount.tsx'
import { Banner } from '../parts/Banner.tsx'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { JsonView } from '../parts/JsonView.tsx'
import { Key } from '../parts/Key.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { StateBadge } from '../parts/StateBadge.tsx'
import { When } from '../parts/When.tsx'
import { exceptionQuery } from '../queries.ts'
import { Page, Section } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'
import { DESK_WORDS, EXCEPTION_WORDS } from '../words.ts'
import classes from './Flow.module.css'

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
            Set aside by {data.flow.name} <When at={data.createdAt} />, for {DESK_WORDS[data.desk].toLowerCase()}
          </>
        ) : null
      }
      actions={data ? <Dismiss workspace={workspace} exception={data} /> : null}
    >
      <Loaded query={exception}>{(shown) => <One workspace={workspace} exception={shown} />}</Loaded>
    </Page>
  )
}

function One({ workspace, exception }: { workspace: string; exception: ExceptionDetail }) {
  const open = exception.state === 'open' || exception.state === 'retrying'
  return (
    <>
      <Banner tone={open ? 'attention' : 'off'} title={exception.message}>
        {exception.remote ? <p>The other system said: “{exception.remote}”</p> : null}
        {open && exception.nextAction ? <p>{exception.nextAction}</p> : null}
        {exception.resolution ? (
          <p>
            {exception.state === 'dismissed' ? 'Dismissed' : 'Resolved'} <When at={exception.resolvedAt} />
            {exception.resolvedBy ? ` by ${exception.resolvedBy}` : ''}: {exception.resolution}
          </p>
        ) : null}
      </Banner>
      <dl className={classes.standing}>
        {exception.amount === null ? null : (
          <div>
            <dt>At stake</dt>
            <dd>
              <Amount amount={exception.amount} currency={exception.currency} />
            </dd>
          </div>
        )}
        <div>
          <dt>Flow</dt>
          <dd>
            <Link
              to="/w/$workspace/flows/$flow"
              params={{ workspace, flow: exception.flow.id }}
              search={{ tab: 'steps', version: exception.version, step: exception.node }}
            >
              {exception.flow.name}, version {exception.version}
            </Link>
          </dd>
        </div>
        <div>
          <dt>Run</dt>
          <dd>
            <Link
              to="/w/$workspace/runs/$run"
              params={{ workspace, run: exception.run }}
              search={{ step: exception.node, batch: exception.batch }}
            >
              Its step and batch
            </Link>
          </dd>
        </div>
        <div>
          <dt>Code</dt>
          <dd>
            <code>{exception.code}</code>
          </dd>
        </div>
        {exception.businessKey ? (
          <div>
            <dt>Key</dt>
            <dd>
              <Key value={exception.businessKey} label="key" />
            </dd>
          </div>
        ) : null}
      </dl>
      <Section title="The record as it was">
        <JsonView records={[exception.record]} total={1} label="The record" />
      </Section>
    </>
  )
}

function Dismiss({ workspace, exception }: { workspace: string; exception: ExceptionDetail }) {
  const client = useQueryClient()
  const { may } = useRights(workspace)
  const [asked, setAsked] = useState(false)
  const [reason, setReason] = useState('')
  const dismiss = useMutation({
    mutationFn: () => api.dismissException(workspace, exception.id, reason.trim()),
    onSuccess: async () => {
      setAsked(false)
      await client.invalidateQueries({ queryKey: [workspace, 'exceptions'] })
    },
  })
  if (exception.state !== 'open' || !may('exceptions.dismiss')) return null
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
