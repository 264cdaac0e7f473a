import type { Column } from '../parts/DataTable.tsx'
import { StateBadge } from '../parts/StateBadge.tsx'
import { When } from '../parts/When.tsx'
import { ROLE_WORDS, WORKER_NOTES, WORKER_WORDS, sayInUse, type Worker } from './say-lanes.ts'

export const WORKER_COLUMNS: readonly Column<Worker>[] = [
  {
    id: 'host',
    title: 'Worker',
    grow: true,
    cell: (one) => (
      <span>
        <strong style={{ fontWeight: 550 }}>{one.host}</strong>
        {WORKER_NOTES[one.state] ? (
          <span className="muted" style={{ display: 'block' }}>
            {WORKER_NOTES[one.state]}
          </span>
        ) : null}
      </span>
    ),
  },
  { id: 'state', title: 'State', cell: (one) => <StateBadge {...WORKER_WORDS[one.state]} /> },
  { id: 'role', title: 'Does', cell: (one) => ROLE_WORDS[one.role] },
  {
    id: 'use',
    title: 'In use',
    align: 'end',
    cell: (one) => sayInUse(one),
  },
  { id: 'version', title: 'Version', wideOnly: true, cell: (one) => one.version },
  { id: 'started', title: 'Started', wideOnly: true, cell: (one) => <When at={one.startedAt} /> },
  { id: 'seen', title: 'Last sign of life', cell: (one) => <When at={one.seenAt} /> },
]
