import type { Operations } from '../../server/contract/operations.ts'
import { sayCount } from '../format/number.ts'
import { type Column, DataTable } from '../parts/DataTable.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { StateBadge } from '../parts/StateBadge.tsx'
import { When } from '../parts/When.tsx'
import { Section } from '../shell/Page.tsx'
import { KEY_WORDS } from './say-health.ts'

type Key = Operations['keys']['items'][number]

const COLUMNS: readonly Column<Key>[] = [
  { id: 'key', title: 'Fingerprint', grow: true, cell: (one) => <code>{one.fingerprint}</code> },
  { id: 'state', title: 'State', cell: (one) => <StateBadge {...KEY_WORDS[one.state]} /> },
  { id: 'since', title: 'Since', cell: (one) => <When at={one.since} empty="Unknown" /> },
  { id: 'replaced', title: 'Replaced', wideOnly: true, cell: (one) => <When at={one.replacedAt} /> },
  { id: 'held', title: 'Processes with it', align: 'end', cell: (one) => sayCount(one.heldBy) },
  {
    id: 'share',
    title: 'Of sealed values',
    align: 'end',
    cell: (one) => (one.share === null ? '—' : `${Math.floor(one.share * 10_000) / 100} %`),
  },
]

/** What seals the credentials, by name and age: the keys themselves are nowhere in the product. */
export function Keys({ health: { keys } }: { health: Operations }) {
  return (
    <Section
      title="Secret keys"
      note={
        <>
          What credentials and records set aside are sealed with. Values were last counted:{' '}
          <When at={keys.countedAt} empty="never" />.
        </>
      }
    >
      {keys.items.length === 0 ? (
        <EmptyState title="None is noted yet">A process notes its key when it starts.</EmptyState>
      ) : (
        <DataTable
          label="Secret keys"
          columns={COLUMNS}
          rows={keys.items.toReversed()}
          rowKey={(one) => one.fingerprint}
        />
      )}
    </Section>
  )
}
