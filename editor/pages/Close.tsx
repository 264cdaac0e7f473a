import { Button, List } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { ClosingView } from '../../server/contract/closing.ts'
import { CloseDialog } from '../closing/CloseDialog.tsx'
import * as requests from '../closing/requests.ts'
import { closingQuery } from '../closing/requests.ts'
import { operationsOf } from '../flow/operations.ts'
import { countOf } from '../format/number.ts'
import { sayExactly } from '../format/time.ts'
import { Banner } from '../parts/Banner.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { sayError } from '../parts/say-error.ts'
import { catalogQuery, sessionQuery } from '../queries.ts'
import { addressOf, path } from '../request.ts'
import { Page, Section } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'
import classes from './Flow.module.css'

const route = getRouteApi('/w/$workspace/close')

/** Giving a workspace up: what stops, what is unfinished, what to take along, and the way back. */
export function Close() {
  const { workspace } = route.useParams()
  const { holds } = useRights(workspace)
  const session = useQuery(sessionQuery)
  const name = session.data?.workspaces.find((own) => own.id === workspace)?.name ?? ''
  const closing = useQuery({ ...closingQuery(workspace), enabled: holds('workspace.manage') })
  // Which flows were on is known to the answer alone: afterwards they are off as any other.
  const [taken, setTaken] = useState<ClosingView['flows']>()
  return (
    <Page
      title="Close this workspace"
      sentence={`For a client who leaves: everything in “${name}” stops, and its data is deleted after a time in which you can take that back.`}
      reading
      above={
        <Link to="/w/$workspace/settings" params={{ workspace }}>
          Settings
        </Link>
      }
    >
      {session.data && !holds('workspace.manage') ? (
        <EmptyState title="Only owners can close a workspace">Ask an owner of this one.</EmptyState>
      ) : (
        <Loaded query={closing}>
          {(view) =>
            view.state === 'open' ? (
              <>
                {taken ? <TakenBack workspace={workspace} flows={taken} /> : null}
                <Open workspace={workspace} name={name} view={view} />
              </>
            ) : (
              <Closing workspace={workspace} view={view} onTakenBack={setTaken} />
            )
          }
        </Loaded>
      )}
    </Page>
  )
}

function Open({ workspace, name, view }: { workspace: string; name: string; view: ClosingView }) {
  const [asked, setAsked] = useState(false)
  return (
    <>
      <Section title="What stops at once">
        <List>
          <List.Item>
            {view.flows.length === 0
              ? 'No flow is on.'
              : `${countOf(view.flows.length, 'flow')} ${view.flows.length === 1 ? 'is' : 'are'} switched off: ${view.flows.map((flow) => flow.name).join(', ')}.`}
          </List.Item>
          <List.Item>
            {view.runs === 0
              ? 'No run is under way.'
              : `${countOf(view.runs, 'run')} ${view.runs === 1 ? 'is' : 'are'} cancelled; one at work ends after its batch, and what it leaves in doubt becomes an exception.`}
          </List.Item>
          {view.tokens > 0 ? (
            <List.Item>{countOf(view.tokens, 'API token')} can only read from then on.</List.Item>
          ) : null}
          {view.invitations > 0 ? (
            <List.Item>{countOf(view.invitations, 'open invitation ends', 'open invitations end')}.</List.Item>
          ) : null}
        </List>
      </Section>
      <Section title="What is unfinished" note="Better settled before: nobody can work on it in a closed workspace.">
        <Unfinished workspace={workspace} view={view} />
      </Section>
      <Section
        title={`What is deleted ${countOf(view.graceDays, 'day')} later`}
        note="All flows, runs, traces, exceptions, files and the audit log. Nothing changes in the other systems, except that sign-ins are given back."
      >
        <List>
          <List.Item>
            {view.connections.length === 0
              ? 'There are no connections.'
              : `${countOf(view.connections.length, 'connection')}: ${view.connections.map((one) => one.name).join(', ')}. Their secrets are made unreadable.`}
          </List.Item>
          <List.Item>
            {countOf(view.people, 'person', 'people')} lose access
            {view.peopleOnlyHere > 0
              ? `; ${view.peopleOnlyHere === 1 ? 'the account of one' : `the accounts of ${view.peopleOnlyHere}`} who are in no other workspace ${view.peopleOnlyHere === 1 ? 'goes' : 'go'} too.`
              : '.'}
          </List.Item>
          <List.Item>
            A record of the deletion stays: how many rows of what, when and by whom, without content and names of
            people.
          </List.Item>
        </List>
      </Section>
      <TakeAlong workspace={workspace} />
      <Section title="Close it">
        <div>
          <Button color="danger" onClick={() => setAsked(true)}>
            Close this workspace…
          </Button>
        </div>
      </Section>
      <CloseDialog
        key={String(asked)}
        workspace={workspace}
        name={name}
        view={view}
        open={asked}
        onClose={() => setAsked(false)}
      />
    </>
  )
}

/** What is left to do for whoever took the closing back. */
function TakenBack({ workspace, flows }: { workspace: string; flows: ClosingView['flows'] }) {
  return (
    <Banner tone="ok" title="The workspace is kept" live>
      {flows.length === 0 ? (
        <p>No flow was on when it was closed.</p>
      ) : (
        <>
          <p>These were on and stay off until somebody switches them on, and says what becomes of what they missed:</p>
          <List>
            {flows.map((flow) => (
              <List.Item key={flow.id}>
                <Link to="/w/$workspace/flows/$flow" params={{ workspace, flow: flow.id }}>
                  {flow.name}
                </Link>
              </List.Item>
            ))}
          </List>
        </>
      )}
    </Banner>
  )
}

function Closing(props: { workspace: string; view: ClosingView; onTakenBack: (flows: ClosingView['flows']) => void }) {
  const { workspace, view } = props
  const client = useQueryClient()
  const back = useMutation({
    mutationFn: () => requests.reopen(workspace),
    onSuccess: ({ flows }) => {
      props.onTakenBack(flows)
      return client.invalidateQueries()
    },
  })
  const failed = back.error ? sayError(back.error) : undefined
  return (
    <>
      <Section
        title="Until it is deleted"
        note={`Closed ${view.closedAt ? sayExactly(new Date(view.closedAt)) : ''} by ${view.closedBy ?? 'somebody who left'}.`}
      >
        <p>
          Everything can be read, nothing changed or started. The data is deleted after{' '}
          <strong>{view.deleteAfter ? sayExactly(new Date(view.deleteAfter)) : ''}</strong>. If you take that back, the
          flows stay off until somebody switches them on.
        </p>
        {view.flows.length > 0 ? <p>They were on: {view.flows.map((flow) => flow.name).join(', ')}.</p> : null}
        {failed ? (
          <Banner tone="failed" title={failed.title} live>
            <p>{failed.detail}</p>
          </Banner>
        ) : null}
        <div>
          <Button loading={back.isPending} onClick={() => back.mutate()}>
            Keep this workspace
          </Button>
        </div>
      </Section>
      <Section title="What is unfinished">
        <Unfinished workspace={workspace} view={view} />
      </Section>
      <TakeAlong workspace={workspace} />
    </>
  )
}

function Unfinished({ workspace, view }: { workspace: string; view: ClosingView }) {
  const catalog = useQuery(catalogQuery)
  const operations = catalog.data ? operationsOf(catalog.data) : undefined
  if (view.exceptions + view.unknown + view.waiting === 0) return <p>Nothing.</p>
  return (
    <List>
      {view.exceptions > 0 ? (
        <List.Item>
          <Link to="/w/$workspace/exceptions" params={{ workspace }}>
            {countOf(view.exceptions, 'open exception')}
          </Link>
          .
        </List.Item>
      ) : null}
      {view.unknown > 0 ? (
        <List.Item>
          <Link to="/w/$workspace/unknown" params={{ workspace }}>
            {countOf(view.unknown, 'effect')}
          </Link>{' '}
          of which nobody knows whether {view.unknown === 1 ? 'it' : 'they'} arrived:{' '}
          {view.doubts
            .map(
              (one) =>
                `${one.effects} × “${operations?.get(one.operation)?.title ?? one.operation}” over ${one.connection}`,
            )
            .join(', ')}
          . {view.unknown === 1 ? 'It stands' : 'They stand'} in the download below, with the key to look for there.
        </List.Item>
      ) : null}
      {view.waiting > 0 ? (
        <List.Item>
          {countOf(view.waiting, 'record')} that {view.waiting === 1 ? 'waits' : 'wait'} for a time, and will not go on.
        </List.Item>
      ) : null}
    </List>
  )
}

function TakeAlong({ workspace }: { workspace: string }) {
  return (
    <Section title="Take along" note="Once it is deleted there is no other copy here.">
      <div className={classes.buttons}>
        <Button component="a" variant="default" href={addressOf(path`/workspaces/${workspace}/export`)} download>
          Download the workspace
        </Button>
        <Button component="a" variant="default" href={addressOf(path`/workspaces/${workspace}/audit/export`)} download>
          Download the audit log
        </Button>
      </div>
    </Section>
  )
}
