import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { SignOffList } from '../../server/contract/period-documents.ts'
import { countOf } from '../format/number.ts'
import { visible } from '../format/visible.ts'
import { Amount } from '../parts/Amount.tsx'
import { type Column, DataTable } from '../parts/DataTable.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { StateBadge } from '../parts/StateBadge.tsx'
import { When } from '../parts/When.tsx'
import { Section } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'
import { sayChanged, sayMonth } from './month.ts'
import { monthFile, signOffsQuery } from './requests.ts'

type Row = SignOffList['items'][number]

/** Who signed which month when, with the figures as they were, and what changed since. */
export function SignOffs({ workspace }: { workspace: string }) {
  const list = useInfiniteQuery(signOffsQuery(workspace))
  const files = useRights(workspace).may('periods.export')
  const rows = list.data?.pages.flatMap(({ items }) => items) ?? []
  const columns: readonly Column<Row>[] = [
    {
      id: 'month',
      title: 'Month',
      wrap: true,
      cell: (one) => (
        <>
          <Link to="/w/$workspace/desk" params={{ workspace }} search={{ period: one.period }}>
            {sayMonth(one.period)}
          </Link>
          <span style={{ display: 'block' }}>{one.flow.name}</span>
        </>
      ),
    },
    { id: 'state', title: 'State', cell: (one) => <StateBadge {...stateOf(one)} /> },
    {
      id: 'figures',
      title: 'As signed',
      align: 'end',
      cell: (one) =>
        one.totals.sums.length === 0 ? (
          <span className="muted">—</span>
        ) : (
          one.totals.sums.map((sum) => (
            <span key={sum.currency} style={{ display: 'block' }}>
              <Amount amount={sum.ledger} currency={sum.currency} />
              {Number(sum.difference) === 0 ? null : (
                <span className="muted" style={{ display: 'block' }}>
                  off by <Amount amount={sum.difference} />
                </span>
              )}
            </span>
          ))
        ),
    },
    {
      id: 'said',
      title: 'Why, and what changed',
      grow: true,
      cell: (one) => (
        <>
          {one.changed ? <span>{sayChanged(one.changed)} </span> : null}
          {one.note === null ? null : <span className="muted">“{visible(one.note)}”</span>}
        </>
      ),
    },
    {
      id: 'by',
      title: 'By',
      wrap: true,
      cell: (one) => (
        <>
          {one.by ?? 'Somebody who has left'}, <When at={one.at} />
          {files && one.kind === 'signed' && one.evidence !== null ? (
            <div data-screen="">
              <a
                href={monthFile(workspace, one.period, one.run)}
                download
                aria-label={`${sayMonth(one.period)} of ${one.flow.name} as it was signed, as CSV`}
              >
                As CSV
              </a>
            </div>
          ) : null}
        </>
      ),
    },
  ]
  return (
    <Section title="Sign-offs" note="Newest first. What was signed stays as it was.">
      <Loaded query={list} rows={3}>
        {() =>
          rows.length === 0 ? (
            <EmptyState title="No month was signed off yet">
              When a month has been checked, owners and finance sign it off above.
            </EmptyState>
          ) : (
            <DataTable
              label="Sign-offs"
              columns={columns}
              rows={rows}
              rowKey={(one) => one.id}
              more={
                list.hasNextPage
                  ? { load: () => void list.fetchNextPage(), loading: list.isFetchingNextPage }
                  : undefined
              }
            />
          )
        }
      </Loaded>
    </Section>
  )
}

function stateOf({ kind, counts, changed, totals, setAside }: Row): {
  tone: 'ok' | 'partly' | 'skipped'
  word: string
} {
  if (kind === 'reopened') return { tone: 'skipped', word: 'Re-opened' }
  if (!counts) return { tone: 'skipped', word: 'Superseded' }
  if (changed) return { tone: 'partly', word: 'Changed since' }
  const { different, missing, extra } = totals.documents
  const off = different + missing + extra + setAside
  return off === 0 ? { tone: 'ok', word: 'Agreed' } : { tone: 'ok', word: `${countOf(off, 'difference')} accepted` }
}
