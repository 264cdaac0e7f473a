import { Link } from '@tanstack/react-router'
import type { EffectSummary, NodeSteps } from '../../server/contract/runs.ts'
import { countOf, sayCount } from '../format/number.ts'
import { Banner } from '../parts/Banner.tsx'
import { type Column, DataTable, RowLink } from '../parts/DataTable.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { StateBadge } from '../parts/StateBadge.tsx'
import type { Worded } from '../words.ts'

type Line = EffectSummary['calls'][number]

const CALL_WORDS: { readonly [state in Line['state']]: Worded } = {
  intended: { tone: 'waiting', word: 'About to be sent' },
  sent: { tone: 'running', word: 'Sent, no answer yet' },
  answered: { tone: 'ok', word: 'Answered' },
  refused: { tone: 'failed', word: 'Refused' },
  repeated: { tone: 'recovered', word: 'Answer lost, sent again' },
  unknown: { tone: 'partly', word: 'Outcome unknown' },
}

const MARK_WORDS: { readonly [state in EffectSummary['marked'][number]['state']]: string } = {
  confirmed: 'confirmed one by one',
  rejected: 'refused one by one',
  unknown: 'with an unknown outcome',
  reversed: 'reversed later',
}

/** What the run sent to other systems: from the ledger, so it is what happened, not what was meant to happen. */
export function Sent({
  workspace,
  run,
  summary,
  steps,
}: {
  workspace: string
  run: string
  summary: EffectSummary
  steps: readonly NodeSteps[]
}) {
  if (summary.calls.length === 0) return <EmptyState title="Nothing was sent" />
  const nameOf = (node: string): string => steps.find((step) => step.node === node)?.name ?? node
  const unknown = summary.calls.filter((call) => call.state === 'unknown').reduce((sum, call) => sum + call.items, 0)
  const columns: readonly Column<Line>[] = [
    { id: 'step', title: 'Step', grow: true, cell: (line) => nameOf(line.node) },
    {
      id: 'to',
      title: 'To',
      cell: (line) => (
        <RowLink to="/w/$workspace/connections/$connection" params={{ workspace, connection: line.connection.id }}>
          {line.connection.name}
        </RowLink>
      ),
    },
    { id: 'state', title: 'State', cell: (line) => <StateBadge {...CALL_WORDS[line.state]} /> },
    { id: 'items', title: 'Items', align: 'end', cell: (line) => sayCount(line.items) },
    { id: 'calls', title: 'Calls', align: 'end', cell: (line) => sayCount(line.calls) },
  ]
  return (
    <>
      {unknown > 0 ? (
        <Banner
          tone="attention"
          title={`Nobody can tell whether ${countOf(unknown, 'item')} arrived`}
          action={
            <Link to="/w/$workspace/unknown" params={{ workspace }} search={{ run }}>
              Say whether they did
            </Link>
          }
        >
          <p>They are not sent again by themselves. Look them up in the other system before you do anything.</p>
        </Banner>
      ) : null}
      <DataTable
        label="Sent to other systems"
        columns={columns}
        rows={summary.calls}
        rowKey={(line) => `${line.node} ${line.operation} ${line.connection.id} ${line.state}`}
      />
      {summary.marked.length > 0 ? (
        <p className="muted">
          {summary.marked
            .map((mark) => `${nameOf(mark.node)}: ${countOf(mark.effects, 'item')} ${MARK_WORDS[mark.state]}`)
            .join('. ')}
          .
        </p>
      ) : null}
    </>
  )
}
