import { Button, Group, Textarea } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { ApprovalDetail, ApprovalView } from '../../server/contract/approvals.ts'
import * as api from '../approval/api.ts'
import { approvalQuery } from '../approval/queries.ts'
import { nameOf, sayApproving, sayDecided, STATE_WORDS } from '../approval/say-approval.ts'
import { ChangeList } from '../compare/ChangeList.tsx'
import { changesOf } from '../compare/changes.ts'
import { EMPTY_FLOW } from '../compare/empty.ts'
import { visible } from '../format/visible.ts'
import { Banner } from '../parts/Banner.tsx'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { Key } from '../parts/Key.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { StateBadge } from '../parts/StateBadge.tsx'
import { When } from '../parts/When.tsx'
import { Card, Page, Section } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'

const route = getRouteApi('/w/$workspace/approvals/$approval')

/** One request: what would change, who asked, and the decision. */
export function Approval() {
  const { workspace, approval } = route.useParams()
  const detail = useQuery(approvalQuery(workspace, approval))
  const one = detail.data?.approval
  return (
    <Page
      title={one ? nameOf(one) : 'Approval'}
      beside={one ? <StateBadge {...STATE_WORDS[one.state]} /> : undefined}
      sentence={
        one ? (
          <>
            Asked by {one.askedBy}, <When at={one.createdAt} />: {visible(one.summary)}
          </>
        ) : undefined
      }
      // Once it is decided too: why it could not stays to be read.
      actions={detail.data ? <Decide workspace={workspace} detail={detail.data} /> : undefined}
      above={
        <Link to="/w/$workspace/approvals" params={{ workspace }}>
          Approvals
        </Link>
      }
      reading
    >
      <Loaded query={detail} rows={5}>
        {(found) => <Body workspace={workspace} found={found} />}
      </Loaded>
    </Page>
  )
}

function Body({ workspace, found }: { workspace: string; found: ApprovalDetail }) {
  const { approval: one, overtaken, before, after, connections } = found
  const changes = after ? changesOf(before ?? EMPTY_FLOW, after).filter(({ kind }) => kind !== 'moved') : []
  return (
    <>
      {overtaken ? (
        <Banner tone="attention" title="It was changed after it was asked for">
          <p>{`So it cannot go live as it was asked for. ${one.mine ? 'Ask' : `${one.askedBy} can ask`} once more, for what is there now.`}</p>
        </Banner>
      ) : null}
      {one.state === 'open' && !one.mayDecide ? (
        <Banner tone="off" title={one.mine ? 'You asked for it: somebody else decides' : 'Somebody else decides'}>
          <p>{one.why ? visible(one.why) : 'Owners and consultants who had no part in it since the last version.'}</p>
        </Banner>
      ) : null}
      {one.push ? (
        <Card>
          <p>
            {one.push.kind === 'push'
              ? `Pushed by the agency: version ${one.push.version} of “${visible(one.push.name)}”. The draft here takes it in when it is approved, and keeps what you have drawn.`
              : `The agency takes back what it pushed of “${visible(one.push.name)}”. The draft here keeps what you have drawn.`}
          </p>
        </Card>
      ) : null}
      {one.decidedAt !== null ? (
        <Card>
          <p>
            {sayDecided(one)}, <When at={one.decidedAt} />
            {one.reason ? `: ${visible(one.reason)}` : ''}
          </p>
        </Card>
      ) : null}
      {after ? (
        <>
          <Section title={sayCompared(one.state, before !== null)}>
            <Card>
              <ChangeList changes={changes} />
            </Card>
          </Section>
          {connections.length > 0 ? (
            <Section title="Connections">
              <Card>
                <ul>
                  {connections.map(({ slot, before: was, after: is }) => (
                    <li key={slot}>
                      {visible(slot)}: {was ? `${visible(was)} → ` : ''}
                      {visible(is ?? 'none')}
                    </li>
                  ))}
                </ul>
              </Card>
            </Section>
          ) : null}
          <Section
            title="Fingerprint"
            note="Of all that would run, called flows included: a change to any of it gives another. The audit log names what went live by it."
          >
            <Key value={one.hash} label="fingerprint" />
            {one.flow ? (
              <p>
                <Link to="/w/$workspace/flows/$flow" params={{ workspace, flow: one.flow.id }}>
                  Open the flow
                </Link>
              </p>
            ) : null}
          </Section>
        </>
      ) : one.state === 'open' ? (
        <p>When this is approved, whoever may publish makes a draft live by themselves again.</p>
      ) : null}
    </>
  )
}

function sayCompared(state: ApprovalView['state'], live: boolean): string {
  if (!live) return 'What it begins with'
  if (state === 'open') return 'What changes compared with live'
  return `What ${state === 'approved' ? 'changed' : 'would have changed'} compared with what was live then`
}

function Decide({ workspace, detail }: { workspace: string; detail: ApprovalDetail }) {
  const client = useQueryClient()
  const { approval: one, overtaken } = detail
  const { closing } = useRights(workspace)
  const open = one.state === 'open' && !closing
  const [asked, setAsked] = useState<'approve' | 'refuse'>()
  const [reason, setReason] = useState('')
  const decide = useMutation({
    mutationFn: (how: 'approve' | 'refuse') =>
      how === 'approve' ? api.approve(workspace, one.id, one.hash) : api.refuse(workspace, one.id, reason.trim()),
    onSuccess: () => setAsked(undefined),
    // Refused or not: it may have become void, and others see what is live now.
    onSettled: () => client.invalidateQueries({ queryKey: [workspace] }),
  })
  const close = (): void => {
    setAsked(undefined)
    decide.reset()
  }
  return (
    <Group gap="sm">
      {open && (one.mayDecide || one.mine) ? (
        <Button variant="default" onClick={() => setAsked('refuse')}>
          {one.mine ? 'Take back…' : 'Refuse…'}
        </Button>
      ) : null}
      {open && one.mayDecide && !overtaken ? <Button onClick={() => setAsked('approve')}>Approve…</Button> : null}
      <EffectDialog
        open={asked !== undefined}
        title={asked === 'approve' ? sayApproving(one).title : one.mine ? 'Take the request back?' : 'Refuse it?'}
        verb={asked === 'approve' ? sayApproving(one).verb : one.mine ? 'Take it back' : 'Refuse'}
        keep={open ? 'Not yet' : 'Close'}
        disabled={!open || (asked === 'refuse' && reason.trim() === '')}
        busy={decide.isPending}
        error={decide.error}
        onConfirm={() => asked && decide.mutate(asked)}
        onClose={close}
      >
        {asked === 'approve' ? (
          <p>{sayApproving(one).effect}</p>
        ) : (
          <Textarea
            label="Why"
            description="The others read it."
            required
            autosize
            minRows={2}
            maxLength={1000}
            data-autofocus
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
        )}
      </EffectDialog>
    </Group>
  )
}
