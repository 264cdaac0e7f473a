import { Button, Select, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import type { Permission, TokenView } from '../../server/contract/people.ts'
import * as api from '../api.ts'
import { countOf } from '../format/number.ts'
import { Banner } from '../parts/Banner.tsx'
import { type Column, DataTable } from '../parts/DataTable.tsx'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Key } from '../parts/Key.tsx'
import { type LinkCard, LinkCards } from '../parts/LinkCards.tsx'
import { Failure } from '../parts/Failure.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { StateBadge } from '../parts/StateBadge.tsx'
import { When } from '../parts/When.tsx'
import { sessionQuery, tokensQuery } from '../queries.ts'
import { Card, Page, Section } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'
import { AddressesInput, readLines, TokenAddresses } from '../people/TokenAddresses.tsx'
import classes from './Settings.module.css'
import { TraceClass } from './TraceClass.tsx'

const route = getRouteApi('/w/$workspace/settings')

export function Settings() {
  const { workspace } = route.useParams()
  const { may } = useRights(workspace)
  return (
    <Page title="Settings" sentence="The rules of this workspace, and your own access by API.">
      <Elsewhere workspace={workspace} />
      <Section
        title="Your API tokens"
        note="For scripts and the command line. A token may do in this workspace what you may do."
      >
        {may('tokens.own') ? (
          <Tokens workspace={workspace} />
        ) : (
          <EmptyState title="Your role has no API tokens">An owner of the workspace can change that.</EmptyState>
        )}
      </Section>
      <TraceClass workspace={workspace} />
    </Page>
  )
}

/** What is settled on pages of their own, of what the role may see. */
function Elsewhere({ workspace }: { workspace: string }) {
  const { holds } = useRights(workspace)
  const params = { workspace }
  const cards: readonly (LinkCard & { readonly needs?: Permission })[] = [
    {
      id: 'policy',
      link: (
        <Link to="/w/$workspace/policy" params={params}>
          When an order counts
        </Link>
      ),
      note: 'One rule for all flows of this workspace, in words.',
    },
    {
      id: 'audit',
      needs: 'audit.read',
      link: (
        <Link to="/w/$workspace/audit" params={params}>
          Audit log
        </Link>
      ),
      note: 'Who changed what, and when. Nothing in it can be changed without a trace.',
    },
    {
      id: 'files',
      needs: 'files.read',
      link: (
        <Link to="/w/$workspace/files" params={params}>
          Files
        </Link>
      ),
      note: 'CSV files that flows read or wrote, uploaded here or made by a step.',
    },
    {
      id: 'erased',
      needs: 'suppressions.read',
      link: (
        <Link to="/w/$workspace/erased" params={params}>
          Erased people
        </Link>
      ),
      note: 'No flow writes to them, so that nobody who was deleted comes back with the next sync.',
    },
    {
      id: 'close',
      needs: 'workspace.manage',
      link: (
        <Link to="/w/$workspace/close" params={params}>
          Close this workspace
        </Link>
      ),
      note: 'When a client leaves: everything stops, and the data is deleted after a while.',
    },
    {
      id: 'deleted',
      link: (
        <Link to="/w/$workspace/deleted" params={params}>
          Deleted workspaces
        </Link>
      ),
      note: 'How much was deleted of each, when, and by whose order.',
    },
  ]
  return <LinkCards label="More settings" cards={cards.filter(({ needs }) => needs === undefined || holds(needs))} />
}

function Tokens({ workspace }: { workspace: string }) {
  const { closing } = useRights(workspace)
  const tokens = useQuery(tokensQuery(workspace))
  const columns: readonly Column<TokenView>[] = [
    {
      id: 'name',
      title: 'Token',
      grow: true,
      cell: (token) => (
        <div>
          <strong className={classes.name}>{token.name}</strong>
          <div>
            <code title="What it begins with">{token.prefix}…</code>
          </div>
        </div>
      ),
    },
    { id: 'state', title: 'State', cell: (token) => <StateBadge {...sayToken(token, new Date())} /> },
    {
      id: 'scopes',
      title: 'May',
      wideOnly: true,
      cell: (token) =>
        token.scopes === null ? (
          'All that you may'
        ) : (
          <span title={token.scopes.join(', ')}>{countOf(token.scopes.length, 'permission')}</span>
        ),
    },
    { id: 'from', title: 'From', cell: (token) => <TokenAddresses workspace={workspace} token={token} /> },
    { id: 'created', title: 'Created', wideOnly: true, cell: (token) => <When at={token.createdAt} /> },
    { id: 'used', title: 'Last used', cell: (token) => <When at={token.usedAt} empty="Never" /> },
    { id: 'expires', title: 'Expires', cell: (token) => <When at={token.expiresAt} empty="Never" /> },
    {
      id: 'revoke',
      title: 'Revoke',
      silent: true,
      cell: (token) => (token.revokedAt === null ? <Revoke workspace={workspace} token={token} /> : null),
    },
  ]
  return (
    <>
      {closing ? (
        <p className="muted">None is made in a workspace that is being closed.</p>
      ) : (
        <Create workspace={workspace} />
      )}
      <Loaded query={tokens} rows={3}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title="No tokens yet" />
          ) : (
            <DataTable label="API tokens" columns={columns} rows={items} rowKey={(token) => token.id} />
          )
        }
      </Loaded>
    </>
  )
}

function sayToken(token: TokenView, now: Date): { readonly tone: 'ok' | 'off' | 'cancelled'; readonly word: string } {
  if (token.revokedAt !== null) return { tone: 'cancelled', word: 'Revoked' }
  if (token.expiresAt !== null && Date.parse(token.expiresAt) <= now.getTime()) return { tone: 'off', word: 'Expired' }
  return { tone: 'ok', word: 'Valid' }
}

const LIVES = [
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: '1 year' },
  { value: 'never', label: 'Does not expire' },
]

const MAY = [
  { value: 'all', label: 'All that I may' },
  { value: 'read', label: 'Only read' },
  { value: 'run', label: 'Read and run' },
]

/** What a token is made for, of what its maker may; undefined: all of it, also what the role gets later. */
function scopesOf(may: string, permissions: readonly Permission[]): Permission[] | undefined {
  if (may === 'all') return undefined
  const run = ['flows.run', 'runs.cancel', 'runs.rerun']
  return permissions.filter((one) => one.endsWith('.read') || (may === 'run' && run.includes(one)))
}

function Create({ workspace }: { workspace: string }) {
  const client = useQueryClient()
  const permissions = useQuery(sessionQuery).data?.workspaces.find(({ id }) => id === workspace)?.permissions ?? []
  const [may, setMay] = useState('all')
  const [name, setName] = useState('')
  const [life, setLife] = useState('90')
  const [from, setFrom] = useState('')
  const create = useMutation({
    mutationFn: () => {
      const scopes = scopesOf(may, permissions)
      const addresses = readLines(from)
      return api.createToken(workspace, {
        name: name.trim(),
        ...(life === 'never' ? {} : { expiresInDays: Number(life) }),
        ...(scopes ? { scopes } : {}),
        ...(addresses ? { addresses } : {}),
      })
    },
    onSuccess: () => {
      setName('')
      setFrom('')
      return client.invalidateQueries({ queryKey: [workspace, 'tokens'] })
    },
  })
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (name.trim() !== '') create.mutate()
  }
  return (
    <Card>
      <form className={classes.create} onSubmit={submit}>
        <TextInput
          label="What is it for?"
          placeholder="Nightly export"
          maxLength={200}
          required
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Select label="May" data={MAY} value={may} onChange={(value) => setMay(value ?? 'all')} />
        <Select label="Valid for" data={LIVES} value={life} onChange={(value) => setLife(value ?? '90')} />
        <AddressesInput value={from} onChange={setFrom} />
        <Button type="submit" loading={create.isPending}>
          Create token
        </Button>
      </form>
      <Failure error={create.error} />
      {create.data ? (
        <Banner tone="ok" title={`“${create.data.token.name}” is shown this once. Copy it now.`} live>
          <div>
            <Key value={create.data.secret} label="token" />
          </div>
        </Banner>
      ) : null}
    </Card>
  )
}

function Revoke({ workspace, token }: { workspace: string; token: TokenView }) {
  const client = useQueryClient()
  const [asked, setAsked] = useState(false)
  const revoke = useMutation({
    mutationFn: () => api.revokeToken(workspace, token.id),
    onSuccess: async () => {
      setAsked(false)
      await client.invalidateQueries({ queryKey: [workspace, 'tokens'] })
    },
  })
  return (
    <>
      <Button size="compact-sm" variant="default" aria-label={`Revoke ${token.name}`} onClick={() => setAsked(true)}>
        Revoke
      </Button>
      <EffectDialog
        open={asked}
        title={`Revoke “${token.name}”?`}
        verb="Revoke"
        keep="Keep it"
        danger
        busy={revoke.isPending}
        error={revoke.error}
        onConfirm={() => revoke.mutate()}
        onClose={() => setAsked(false)}
      >
        <p>Whatever uses it is refused from now on. A revoked token cannot be brought back.</p>
      </EffectDialog>
    </>
  )
}
