import { SignOut } from '../people/SignOut.tsx'
import { invitationsQuery } from '../people/queries.ts'
import { Button, Select, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import type { InvitationView, MemberView, Membership } from '../../server/contract/people.ts'
import { MAY_INVITE } from '../../server/contract/roles.ts'
import * as api from '../api.ts'
import { ApprovalRule } from '../approval/ApprovalRule.tsx'
import { countOf } from '../format/number.ts'
import { Banner } from '../parts/Banner.tsx'
import { type Column, DataTable } from '../parts/DataTable.tsx'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { Failure } from '../parts/Failure.tsx'
import { Key } from '../parts/Key.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { When } from '../parts/When.tsx'
import * as proofs from '../people/api.ts'
import { SignInRule } from '../people/SignInRule.tsx'
import { ROLE_WORDS } from '../people/say-people.ts'
import { membersQuery, sessionQuery } from '../queries.ts'
import { Card, Page, Section } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'
import classes from './Settings.module.css'

const route = getRouteApi('/w/$workspace/people')
type Role = Membership['role']
/** Roles that approve what goes live. */
const APPROVING: ReadonlySet<Role> = new Set(['owner', 'consultant'])

/** Who is in the workspace, who is invited, and with which role. */
export function People() {
  const { workspace } = route.useParams()
  const { may, role, closing } = useRights(workspace)
  const members = useQuery(membersQuery(workspace))
  return (
    <Page
      title="People"
      sentence={
        members.data
          ? `${countOf(members.data.items.length, 'person', 'people')} in this workspace.`
          : 'Who is in this workspace.'
      }
    >
      {may('people.invite') && role ? <Invitations workspace={workspace} may={MAY_INVITE[role] ?? []} /> : null}
      <Section title="Members">
        <Loaded query={members}>
          {({ items }) => (
            <Members workspace={workspace} rows={items} mayManage={may('people.manage')} closing={closing} />
          )}
        </Loaded>
      </Section>
      <SignInRule workspace={workspace} />
      <ApprovalRule workspace={workspace} />
    </Page>
  )
}

function Members(props: {
  workspace: string
  rows: readonly MemberView[]
  mayManage: boolean
  /** Access is only taken away then. */
  closing: boolean
}) {
  const self = useQuery(sessionQuery).data?.user.id
  const columns: readonly Column<MemberView>[] = [
    {
      id: 'name',
      title: 'Person',
      grow: true,
      cell: (one) => (
        <span>
          <strong className={classes.name}>{one.name}</strong>
          {one.user === self ? <span className="muted"> (you)</span> : null}
          <span className="muted" style={{ display: 'block', overflowWrap: 'anywhere' }}>
            {one.email}
          </span>
        </span>
      ),
    },
    {
      id: 'role',
      title: 'Role',
      cell: (one) =>
        props.mayManage && !props.closing ? (
          <RoleOf workspace={props.workspace} member={one} />
        ) : (
          ROLE_WORDS[one.role].title
        ),
    },
    { id: 'since', title: 'Since', wideOnly: true, cell: (one) => <When at={one.since} /> },
    {
      id: 'remove',
      title: 'Remove',
      silent: true,
      cell: (one) =>
        props.mayManage ? (
          <div className={classes.rowActions}>
            {one.user === self ? null : (
              <>
                <SignOut workspace={props.workspace} member={one} />
                {props.closing ? null : <PasswordLink workspace={props.workspace} member={one} />}
              </>
            )}
            <Remove workspace={props.workspace} member={one} />
          </div>
        ) : null,
    },
  ]
  return <DataTable label="Members" columns={columns} rows={props.rows} rowKey={(one) => one.user} />
}

function RoleOf({ workspace, member }: { workspace: string; member: MemberView }) {
  const client = useQueryClient()
  const [wanted, setWanted] = useState<Role>()
  const change = useMutation({
    mutationFn: (role: Role) => api.changeRole(workspace, member.user, { role }),
    onSuccess: async () => {
      setWanted(undefined)
      await Promise.all([
        client.invalidateQueries({ queryKey: [workspace, 'members'] }),
        client.invalidateQueries({ queryKey: sessionQuery.queryKey }),
      ])
    },
  })
  const close = (): void => {
    setWanted(undefined)
    change.reset()
  }
  return (
    <>
      <Select
        aria-label={`Role of ${member.name}`}
        data={Object.entries(ROLE_WORDS).map(([value, { title }]) => ({ value, label: title }))}
        value={member.role}
        allowDeselect={false}
        // The values are the names of roles.
        onChange={(value) => (value && value !== member.role ? setWanted(value as Role) : undefined)}
        w={150}
      />
      {wanted ? (
        <EffectDialog
          open
          title={`Make ${member.name} ${ROLE_WORDS[wanted].title.toLowerCase()}?`}
          verb="Change role"
          keep={`Stay ${ROLE_WORDS[member.role].title.toLowerCase()}`}
          busy={change.isPending}
          error={change.error}
          onConfirm={() => change.mutate(wanted)}
          onClose={close}
        >
          <p>
            {ROLE_WORDS[wanted].title}: {ROLE_WORDS[wanted].note} It counts from the next thing they do.
          </p>
        </EffectDialog>
      ) : null}
    </>
  )
}

function Remove({ workspace, member }: { workspace: string; member: MemberView }) {
  const client = useQueryClient()
  const [asked, setAsked] = useState(false)
  const remove = useMutation({
    mutationFn: () => api.removeMember(workspace, member.user),
    onSuccess: async () => {
      setAsked(false)
      await Promise.all([
        client.invalidateQueries({ queryKey: [workspace, 'members'] }),
        client.invalidateQueries({ queryKey: sessionQuery.queryKey }),
      ])
    },
  })
  return (
    <>
      <Button size="compact-sm" variant="default" aria-label={`Remove… ${member.name}`} onClick={() => setAsked(true)}>
        Remove…
      </Button>
      <EffectDialog
        open={asked}
        title={`Remove ${member.name} from this workspace?`}
        verb="Remove"
        keep="Keep"
        danger
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate()}
        onClose={() => {
          setAsked(false)
          remove.reset()
        }}
      >
        <p>They see nothing of it any more. What they published and did stays.</p>
        {asked ? <Holdings workspace={workspace} user={member.user} /> : null}
      </EffectDialog>
    </>
  )
}

function Holdings({ workspace, user }: { workspace: string; user: string }) {
  const held = useQuery({
    queryKey: [workspace, 'members', user, 'holdings'],
    queryFn: ({ signal }) => proofs.holdings(workspace, user, { signal }),
  })
  return (
    <Loaded query={held} rows={2}>
      {({ tokens, approvals, invitations, exceptions, drafts, alertRules, turnOns, mentions }) => {
        const lines = [
          ...tokens.map(({ name, prefix }) => `The API token “${name}” (${prefix}…) ends.`),
          ...(approvals > 0
            ? [`${countOf(approvals, 'request')} for approval ${approvals === 1 ? 'becomes' : 'become'} void.`]
            : []),
          ...(invitations > 0
            ? [`${countOf(invitations, 'invitation')} they made ${invitations === 1 ? 'stops' : 'stop'} working.`]
            : []),
          ...(exceptions > 0
            ? [
                `${countOf(exceptions, 'exception')} in their hands ${exceptions === 1 ? 'goes' : 'go'} back to the queue.`,
              ]
            : []),
          ...alertRules.map(({ name, alone }) =>
            alone
              ? `The alert rule “${name}” writes to nobody but them: then it only fills the list.`
              : `The alert rule “${name}” does not write to them any more.`,
          ),
          ...turnOns.map(
            ({ name }) => `The flow “${name}” was to turn on by itself, as they have set it: it stays off.`,
          ),
          ...drafts.map(({ name }) => `They saved the draft of “${name}” last: it stays as it is.`),
          ...mentions.map(({ name }) => `The flow “${name}” names their address, and goes on as it is.`),
        ]
        return lines.length === 0 ? (
          <p>They hold nothing here that somebody else would have to take over.</p>
        ) : (
          <ul>
            {lines.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        )
      }}
    </Loaded>
  )
}

function PasswordLink({ workspace, member }: { workspace: string; member: MemberView }) {
  const [asked, setAsked] = useState(false)
  const make = useMutation({ mutationFn: () => proofs.makePasswordLink(workspace, member.user) })
  const close = (): void => {
    setAsked(false)
    make.reset()
  }
  return (
    <>
      <Button
        size="compact-sm"
        variant="default"
        aria-label={`New password for ${member.name}…`}
        onClick={() => setAsked(true)}
      >
        New password…
      </Button>
      <EffectDialog
        open={asked}
        title={`Let ${member.name} set a new password?`}
        verb={make.data ? 'Make another' : 'Create link'}
        keep={make.data ? 'Done' : 'Cancel'}
        busy={make.isPending}
        error={make.error}
        onConfirm={() => make.mutate()}
        onClose={close}
      >
        <p>
          You get a link to send them. It works once, within a day, and signs them out everywhere. Their second factor
          stays.
        </p>
        {make.data ? <Key value={make.data.link} label="link" /> : null}
      </EffectDialog>
    </>
  )
}

function Invitations({ workspace, may }: { workspace: string; may: readonly Role[] }) {
  const invitations = useQuery(invitationsQuery(workspace))
  const columns: readonly Column<InvitationView>[] = [
    { id: 'email', title: 'Invited', grow: true, cell: (one) => <strong className={classes.name}>{one.email}</strong> },
    { id: 'role', title: 'Role', cell: (one) => ROLE_WORDS[one.role].title },
    { id: 'by', title: 'By', wideOnly: true, wrap: true, cell: (one) => one.invitedBy ?? '—' },
    { id: 'ends', title: 'Link works until', cell: (one) => <When at={one.expiresAt} /> },
    {
      id: 'revoke',
      title: 'Take back',
      silent: true,
      cell: (one) => <TakeBack workspace={workspace} invitation={one} />,
    },
  ]
  return (
    <Section title="Invite somebody" note="They get a link that works once, for seven days. It fixes address and role.">
      <Invite workspace={workspace} may={may} />
      <Loaded query={invitations} rows={1}>
        {({ items }) =>
          items.length === 0 ? null : (
            <DataTable label="Open invitations" columns={columns} rows={items} rowKey={(one) => one.id} />
          )
        }
      </Loaded>
    </Section>
  )
}

function Invite({ workspace, may }: { workspace: string; may: readonly Role[] }) {
  const client = useQueryClient()
  const [email, setEmail] = useState('')
  const [role, setRole] = useState<Role>('client')
  const invite = useMutation({
    mutationFn: () => api.invite(workspace, { email: email.trim(), role }),
    onSuccess: () => {
      setEmail('')
      return client.invalidateQueries({ queryKey: [workspace, 'invitations'] })
    },
  })
  // Its link is dead once it was taken back, or used.
  const open = useQuery(invitationsQuery(workspace)).data?.items
  const made = open?.some(({ id }) => id === invite.data?.invitation.id) ? invite.data : undefined
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (email.trim() !== '') invite.mutate()
  }
  return (
    <Card>
      <form className={classes.create} onSubmit={submit}>
        <TextInput
          label="E-mail"
          type="email"
          placeholder="grace@nordwind.example"
          required
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <Select
          label="Role"
          data={may.map((value) => ({ value, label: ROLE_WORDS[value].title }))}
          value={role}
          allowDeselect={false}
          // The values are the names of roles.
          onChange={(value) => setRole((value as Role | null) ?? 'client')}
        />
        <Button type="submit" loading={invite.isPending}>
          Invite
        </Button>
      </form>
      <p className="muted">
        {ROLE_WORDS[role].title}: {ROLE_WORDS[role].note}
      </p>
      <Failure error={invite.error} />
      {made ? (
        <Banner
          tone="ok"
          title={
            made.sent
              ? `An e-mail with the link is on its way to ${made.invitation.email}. Should it not arrive, send the link yourself; it is shown this once.`
              : `Send this link to ${made.invitation.email}. It is shown this once.`
          }
          live
        >
          <div>
            <Key value={made.link} label="link" />
          </div>
          {APPROVING.has(made.invitation.role) ? (
            <p>
              You have seen the link. So where a second person approves what goes live, they count as you until they
              show who they are: “Publishing” below says how.
            </p>
          ) : null}
        </Banner>
      ) : null}
    </Card>
  )
}

function TakeBack({ workspace, invitation }: { workspace: string; invitation: InvitationView }) {
  const client = useQueryClient()
  const revoke = useMutation({
    mutationFn: () => api.revokeInvitation(workspace, invitation.id),
    onSettled: () => client.invalidateQueries({ queryKey: [workspace, 'invitations'] }),
  })
  return (
    <Button
      size="compact-sm"
      variant="default"
      loading={revoke.isPending}
      aria-label={`Take back the invitation of ${invitation.email}`}
      onClick={() => revoke.mutate()}
    >
      Take back
    </Button>
  )
}
