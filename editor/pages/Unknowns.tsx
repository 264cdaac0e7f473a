import { Button } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import type { UnknownView } from '../../server/contract/effects.ts'
import { Settle } from '../effect/Settle.tsx'
import { effectsOf, keyOf } from '../effect/unknown-key.ts'
import { countOf } from '../format/number.ts'
import { Amount } from '../parts/Amount.tsx'
import { type Column, DataTable, RowLink } from '../parts/DataTable.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Filters, FlowFilter } from '../parts/Filters.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { MarkBar } from '../parts/MarkBar.tsx'
import { When } from '../parts/When.tsx'
import { unknownsQuery } from '../queries.ts'
import { Page } from '../shell/Page.tsx'
import { useFirstRow } from '../shell/use-first-row.ts'
import { useRights } from '../shell/use-rights.ts'
import { isNarrowed } from '../search.ts'

const route = getRouteApi('/w/$workspace/unknown')

const nameOf = (one: UnknownView | undefined): string => one?.name ?? one?.key ?? 'It'

export function Unknowns() {
  const { workspace } = route.useParams()
  useFirstRow()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { may } = useRights(workspace)
  const unknowns = useInfiniteQuery(unknownsQuery(workspace, search))
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set())
  const filters = JSON.stringify(search)
  // biome-ignore lint/correctness/useExhaustiveDependencies: marks are those of one filter
  useEffect(() => setMarked(new Set()), [filters])
  const rows = unknowns.data?.pages.flatMap((page) => page.items) ?? []
  const effects = effectsOf(rows, marked)
  const columns: readonly Column<UnknownView>[] = [
    {
      id: 'key',
      title: 'Record',
      cell: (one) => (
        <RowLink
          to="/w/$workspace/unknown/$call/$position"
          params={{ workspace, call: one.call, position: String(one.position) }}
        >
          {one.name ?? one.key}
        </RowLink>
      ),
    },
    {
      id: 'amount',
      title: 'At stake',
      align: 'end',
      cell: (one) => (one.amount === null ? '–' : <Amount amount={one.amount} currency={one.currency} />),
    },
    { id: 'why', title: 'Why nobody can tell', grow: true, cell: (one) => one.message ?? 'No answer came.' },
    { id: 'to', title: 'Sent to', cell: (one) => one.connection.name },
    { id: 'flow', title: 'Flow', wideOnly: true, wrap: true, cell: (one) => one.flow.name },
    { id: 'sent', title: 'Sent', cell: (one) => <When at={one.sentAt} /> },
    {
      id: 'looked',
      title: 'Looked for',
      cell: (one) => (one.canProbe ? <When at={one.probedAt} empty="Not yet" /> : 'Only by hand'),
    },
  ]
  return (
    <Page
      title="Did it arrive?"
      sentence="Sent, but the answer was lost. Sending again could make two of it, so it waits until somebody has looked in the other system."
    >
      <Filters label="Filter what may have arrived">
        <FlowFilter
          workspace={workspace}
          value={search.flow}
          onChange={(flow) => navigate({ search: ({ flow: _, ...rest }) => (flow ? { ...rest, flow } : rest) })}
        />
      </Filters>
      {search.run || search.connection ? (
        <p>
          Only those of one {search.run ? 'run' : 'connection'}.{' '}
          <Link from="/w/$workspace/unknown" to="." search={({ run: _, connection: __, ...rest }) => rest}>
            Show all
          </Link>
        </p>
      ) : null}
      <Loaded query={unknowns}>
        {() => {
          if (rows.length > 0) {
            return (
              <>
                {may('effects.settle') ? (
                  <MarkBar
                    label="Marked items"
                    marked={effects.length > 0}
                    sentence={
                      effects.length > 0
                        ? `${countOf(effects.length, 'item')} marked.`
                        : 'Look for them in the other system, mark them, then say what you found.'
                    }
                  >
                    {effects.length > 0 ? (
                      <>
                        <Settle
                          workspace={workspace}
                          effects={effects}
                          what={
                            effects.length === 1
                              ? nameOf(rows.find((one) => marked.has(keyOf(one))))
                              : countOf(effects.length, 'item')
                          }
                          onDone={() => setMarked(new Set())}
                        />
                        <Button variant="subtle" onClick={() => setMarked(new Set())}>
                          Unmark
                        </Button>
                      </>
                    ) : null}
                  </MarkBar>
                ) : null}
                <DataTable
                  label="Items that may have arrived"
                  columns={columns}
                  rows={rows}
                  rowKey={keyOf}
                  {...(may('effects.settle')
                    ? {
                        marks: {
                          chosen: marked,
                          onChange: setMarked,
                          may: () => true,
                          name: nameOf,
                        },
                      }
                    : {})}
                  more={
                    unknowns.hasNextPage
                      ? { load: () => void unknowns.fetchNextPage(), loading: unknowns.isFetchingNextPage }
                      : undefined
                  }
                />
              </>
            )
          }
          return isNarrowed(search) ? (
            <EmptyState
              title="Nothing fits these filters"
              action={
                <Button variant="default" onClick={() => navigate({ search: {} })}>
                  Show all
                </Button>
              }
            />
          ) : (
            <EmptyState title="Nothing is in doubt">
              Of everything that was sent, it is known whether it arrived.
            </EmptyState>
          )
        }}
      </Loaded>
    </Page>
  )
}
