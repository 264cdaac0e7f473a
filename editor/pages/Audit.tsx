import { Button, Select } from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import type { AuditEntry } from '../../server/contract/audit.ts'
import { wordsOf } from '../format/words-of.ts'
import { countOf } from '../format/number.ts'
import { type Column, DataTable } from '../parts/DataTable.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Key } from '../parts/Key.tsx'
import { Filters } from '../parts/Filters.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { When } from '../parts/When.tsx'
import { sayAction } from '../people/say-people.ts'
import { auditQuery, membersQuery } from '../queries.ts'
import { addressOf, path } from '../request.ts'
import { Page, Section } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'
import classes from './Settings.module.css'

const route = getRouteApi('/w/$workspace/audit')

/** Who changed what. The log is a chain: what was written cannot be changed unseen. */
export function Audit() {
  const { workspace } = route.useParams()
  const search = route.useSearch()
  const navigate = useNavigate()
  const { may } = useRights(workspace)
  const entries = useInfiniteQuery(auditQuery(workspace, search))
  const members = useQuery({ ...membersQuery(workspace), enabled: may('people.read') })
  const first = entries.data?.pages[0]
  const rows = entries.data?.pages.flatMap((page) => page.items) ?? []
  const filter = (change: { action?: string | undefined; actor?: string | undefined }) =>
    navigate({ to: '/w/$workspace/audit', params: { workspace }, search: { ...search, ...change }, replace: true })
  return (
    <Page
      title="Audit log"
      sentence={
        first
          ? `${countOf(first.total, 'entry', 'entries')}, each holding the hash of the one before it.`
          : 'Who changed what, and when.'
      }
      above={
        <Link to="/w/$workspace/settings" params={{ workspace }}>
          Settings
        </Link>
      }
      actions={
        <Button component="a" variant="default" href={addressOf(path`/workspaces/${workspace}/audit/export`)} download>
          Download
        </Button>
      }
    >
      <Section
        title="Entries"
        note="Newest first. Whoever downloads the log can prove with “npm run audit:verify” that nothing was changed or taken away."
      >
        <Filters label="Filter the log">
          <Select
            label="What"
            placeholder="Everything"
            clearable
            searchable
            data={(first?.actions ?? []).map((value) => ({ value, label: sayAction(value) }))}
            value={search.action ?? null}
            onChange={(value) => filter({ action: value ?? undefined })}
          />
          <Select
            label="Who"
            placeholder="Everybody"
            clearable
            searchable
            data={(members.data?.items ?? []).map((one) => ({ value: one.user, label: one.name }))}
            value={search.actor ?? null}
            onChange={(value) => filter({ actor: value ?? undefined })}
          />
        </Filters>
        <Loaded query={entries}>
          {() =>
            rows.length === 0 ? (
              <EmptyState title={search.action || search.actor ? 'Nothing fits' : 'Nothing has been changed yet'}>
                {search.action || search.actor ? 'Take a filter away to see more.' : undefined}
              </EmptyState>
            ) : (
              <DataTable
                label="Audit log"
                columns={columnsOf(workspace)}
                rows={rows}
                rowKey={(one) => String(one.sequence)}
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
      {first ? (
        <Section
          title="Proof that nothing was rewritten"
          note="Every ten minutes Tieline signs how far the log has come. This public key checks those signatures. Keep it, and a copy of the file audit-anchors.jsonl, where nobody who runs the database can reach them."
        >
          <Key value={first.key} label="public key" />
        </Section>
      ) : null}
    </Page>
  )
}

const columnsOf = (workspace: string): readonly Column<AuditEntry>[] => [
  {
    id: 'what',
    title: 'What',
    grow: true,
    cell: (one) => (
      <span>
        <strong className={classes.name}>
          {sayAction(one.action)}
          {one.detail.dry === true ? ': counted only, nothing done' : ''}
        </strong>
        <span className="muted" style={{ display: 'block', overflowWrap: 'anywhere' }}>
          {sayDetail(one)}
        </span>
      </span>
    ),
  },
  {
    id: 'of',
    title: 'Of',
    wrap: true,
    cell: (one) => <Subject workspace={workspace} subject={one.subject} />,
  },
  { id: 'who', title: 'Who', wrap: true, cell: (one) => sayActor(one.actor) },
  { id: 'from', title: 'From', wideOnly: true, cell: (one) => one.actor.address ?? '—' },
  { id: 'at', title: 'When', cell: (one) => <When at={one.at} /> },
  { id: 'number', title: 'Entry', align: 'end', wideOnly: true, cell: (one) => one.sequence },
]

function Subject({ workspace, subject }: { workspace: string; subject: AuditEntry['subject'] }) {
  const params = (name: string) => ({ workspace, [name]: subject[name] ?? '' })
  if (subject.run)
    return (
      <Link to="/w/$workspace/runs/$run" params={params('run') as { workspace: string; run: string }}>
        The run
      </Link>
    )
  if (subject.flow)
    return (
      <Link to="/w/$workspace/flows/$flow" params={params('flow') as { workspace: string; flow: string }}>
        The flow
      </Link>
    )
  if (subject.connection) {
    return (
      <Link
        to="/w/$workspace/connections/$connection"
        params={params('connection') as { workspace: string; connection: string }}
      >
        The connection
      </Link>
    )
  }
  const [kind] = Object.keys(subject)
  return <>{kind ? kind.replaceAll('-', ' ') : '—'}</>
}

function sayDetail({ detail }: AuditEntry): string {
  return Object.entries(detail)
    .map(([name, value]) => `${wordsOf(name)}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' · ')
    .slice(0, 300)
}

function sayActor({ kind, name, email }: AuditEntry['actor']): string {
  if (kind === 'system') return 'Tieline itself'
  const who = name ?? email ?? (kind === 'nobody' ? 'Somebody not signed in' : 'Name was blanked')
  return kind === 'token' ? `${who}, by API token` : who
}
