import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ClientPreview, Trials } from '../../server/contract/clients.ts'
import * as api from '../api.ts'
import { ChangeList } from '../compare/ChangeList.tsx'
import { listChanges } from '../compare/changes.ts'
import { sayCount, countOf } from '../format/number.ts'
import { visible } from '../format/visible.ts'
import { StateBadge } from '../parts/StateBadge.tsx'
import { underWay } from '../queries.ts'
import { sayRunState } from '../words.ts'
import classes from './Clients.module.css'

/** What a push would do to one client: what keeps it away, what changes, what would have been sent. */
export function PushedClient({ client, trial }: { client: ClientPreview; trial: Trials['items'][number] | undefined }) {
  const changes = client.changes ? listChanges(client.changes).filter((one) => one.kind !== 'moved') : []
  const refused = client.refusals.length > 0
  return (
    <section className={classes.client} aria-label={client.name || 'A client'}>
      <div className={classes.head}>
        <strong>{client.name || 'A client'}</strong>
        <span className="muted">
          {client.from === null
            ? ''
            : `${client.from === 0 ? 'no version yet' : `version ${client.from}`} → ${client.to}, ${client.enabled ? 'on' : 'off'}`}
        </span>
        {refused ? <StateBadge tone="failed" word="Not pushed" /> : null}
        {client.approval && !refused ? <StateBadge tone="person" word="A second person approves" /> : null}
      </div>
      {refused ? (
        <ul>
          {client.refusals.map(({ message }) => (
            <li key={message}>{message}</li>
          ))}
        </ul>
      ) : null}
      {client.conflicts.length > 0 ? (
        <p>
          Both changed the same places, and the client’s stay: {client.conflicts.map((one) => one.place).join(', ')}.
        </p>
      ) : null}
      {client.approval && !refused ? (
        <p>
          The push is asked for there, and goes live when somebody there who had no part in it approves.
          {client.waiting
            ? ` It takes the place of what ${visible(client.waiting.askedBy)} asked for: “${visible(client.waiting.summary)}”.`
            : ''}
        </p>
      ) : null}
      {client.draftChanged ? <p>Changes that are not published there stay in the draft.</p> : null}
      {client.changes ? (
        <details open={!refused && changes.length <= 5}>
          <summary>{countOf(changes.length, 'change')} for runs there</summary>
          <ChangeList changes={changes} />
        </details>
      ) : null}
      {trial ? <Trial workspace={client.workspace} trial={trial} /> : null}
    </section>
  )
}

const COUNTED = ['read', 'sent', 'reversed', 'unchanged', 'rejected'] as const

/** A dry run at the client: looked at until it has ended. */
function Trial({ workspace, trial }: { workspace: string; trial: Trials['items'][number] }) {
  const run = useQuery({
    queryKey: [workspace, 'runs', 'one', trial.run],
    queryFn: ({ signal }) => api.run(workspace, trial.run ?? '', { signal }),
    enabled: trial.run !== null,
    refetchInterval: (query) => (query.state.data && !underWay(query.state.data.state) ? false : 1_000),
  })
  if (trial.run === null) return <p>Not tried: {trial.reason}</p>
  if (run.data === undefined) return <p className="muted">Trying…</p>
  const { counts, state, reason } = run.data
  const says = COUNTED.filter((name) => (counts[name] ?? 0) > 0).map(
    (name) => `${sayCount(counts[name] ?? 0)} ${name === 'sent' || name === 'reversed' ? `would be ${name}` : name}`,
  )
  return (
    <p role="status">
      <StateBadge {...sayRunState(run.data)} /> Without sending:{' '}
      {says.join(', ') || (underWay(state) ? '…' : 'nothing new')}. {state === 'failed' ? reason : ''}{' '}
      <Link to="/w/$workspace/runs/$run" params={{ workspace, run: trial.run }} target="_blank">
        Look at it
      </Link>
    </p>
  )
}
