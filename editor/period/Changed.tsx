import { Button } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { PeriodChanges } from '../../server/contract/period-documents.ts'
import type { ChangedSince } from '../../server/contract/periods.ts'
import { sayCount } from '../format/number.ts'
import { Amount } from '../parts/Amount.tsx'
import { Banner } from '../parts/Banner.tsx'
import { type Column, DataTable } from '../parts/DataTable.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { DocumentLink } from './Differing.tsx'
import { MOST_SENT, sayChanged } from './month.ts'
import { changesQuery } from './requests.ts'

type Change = PeriodChanges['items'][number]

/** A signed month that is other than it was signed: which documents, then and now. */
export function Changed(props: { workspace: string; period: string; flow: string; changed: ChangedSince }) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Banner
        tone="attention"
        title="Changed since sign-off"
        action={
          <Button variant="default" size="compact-sm" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? 'Hide the documents' : 'Show the documents'}
          </Button>
        }
      >
        <p>{sayChanged(props.changed)}</p>
      </Banner>
      {open ? <Documents {...props} /> : null}
    </>
  )
}

function Documents(props: { workspace: string; period: string; flow: string }) {
  const { workspace, period, flow } = props
  const list = useInfiniteQuery(changesQuery(workspace, period, flow))
  const rows = list.data?.pages.flatMap(({ items }) => items) ?? []
  const sent = list.data?.pages[0]?.sent ?? []
  const columns: readonly Column<Change>[] = [
    { id: 'document', title: 'Document', grow: true, cell: (one) => <DocumentLink workspace={workspace} {...one} /> },
    ...(['source', 'ledger'] as const).flatMap((side): Column<Change>[] => [
      {
        id: `${side}-then`,
        title: `${SIDES[side]}, as signed`,
        align: 'end',
        cell: (one) => <Side of={one.signed} side={side} />,
      },
      {
        id: `${side}-now`,
        title: `${SIDES[side]}, now`,
        align: 'end',
        cell: (one) => <Side of={one.now} side={side} />,
      },
    ]),
    { id: 'currency', title: 'Currency', cell: (one) => one.currency || '—' },
  ]
  return (
    <Loaded query={list} rows={3}>
      {() => (
        <>
          {rows.length > 0 ? (
            <DataTable
              label="Changed since sign-off"
              columns={columns}
              rows={rows}
              rowKey={(one) => `${one.document} ${one.currency}`}
              more={
                list.hasNextPage
                  ? { load: () => void list.fetchNextPage(), loading: list.isFetchingNextPage }
                  : undefined
              }
            />
          ) : null}
          {sent.length > 0 ? (
            <p>
              {sent.length >= MOST_SENT ? `The first ${sayCount(MOST_SENT)} that were` : 'Was'} sent or taken back
              since:{' '}
              {sent.map((one, at) => (
                <span key={one.document}>
                  {at > 0 ? ', ' : ''}
                  <DocumentLink workspace={workspace} {...one} />
                </span>
              ))}
              . What they amount to now, the next check says.
            </p>
          ) : null}
        </>
      )}
    </Loaded>
  )
}

const SIDES = { source: 'Source', ledger: 'Sent' } as const

const Side = ({ of, side }: { of: Change['now']; side: 'source' | 'ledger' }) =>
  of === null ? <span className="muted">—</span> : <Amount amount={of[side]} />
