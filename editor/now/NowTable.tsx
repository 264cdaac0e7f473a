import type { NowGroup } from '../../server/contract/now.ts'
import { sayCount } from '../format/number.ts'
import { type Column, DataTable } from '../parts/DataTable.tsx'
import { StateBadge } from '../parts/StateBadge.tsx'
import { Sums } from '../parts/Sums.tsx'
import { When } from '../parts/When.tsx'
import { GroupLink } from './GroupLink.tsx'
import classes from './Now.module.css'
import { KIND_WORDS, sayHowMany } from './say-now.ts'

/** Causes: what it is, which flows, what to do, how many, the money, since when. A row leads to what it counts. */
export function NowTable({
  workspace,
  label,
  groups,
}: {
  workspace: string
  label: string
  groups: readonly NowGroup[]
}) {
  const columns: readonly Column<NowGroup>[] = [
    {
      id: 'cause',
      title: 'Cause',
      grow: true,
      cell: (group) => (
        <span className={classes.cause}>
          <GroupLink workspace={workspace} group={group}>
            {group.message}
          </GroupLink>
          {group.flowCount > 0 ? <span>{sayFlows(group)}</span> : null}
          {group.nextAction ? <span className="muted">{group.nextAction}</span> : null}
        </span>
      ),
    },
    { id: 'kind', title: 'What', cell: (group) => <StateBadge {...KIND_WORDS[group.kind]} /> },
    {
      id: 'count',
      title: 'How many',
      align: 'end',
      cell: (group) => <span className="number">{sayHowMany(group)}</span>,
    },
    ...(groups.some(({ money }) => money.length > 0)
      ? [
          {
            id: 'money',
            title: 'At stake',
            align: 'end',
            cell: (group) => <Sums money={group.money} />,
          } satisfies Column<NowGroup>,
        ]
      : []),
    { id: 'first', title: 'Since', wideOnly: true, cell: (group) => <When at={group.firstAt} /> },
    { id: 'last', title: 'Last seen', cell: (group) => <When at={group.lastAt} /> },
  ]
  return <DataTable label={label} columns={columns} rows={groups} rowKey={keyOf} />
}

/** “Orders, Contacts and 3 more” */
function sayFlows({ flows, flowCount }: NowGroup): string {
  const shown = flows.slice(0, 2).map(({ name }) => name)
  const more = flowCount - shown.length
  return `${shown.join(', ')}${more > 0 ? ` and ${sayCount(more)} more` : ''}`
}

const keyOf = (one: NowGroup): string =>
  [
    one.kind,
    one.fault,
    one.state,
    one.code,
    one.node,
    one.desk,
    one.connection,
    one.hook,
    one.flows[0]?.id,
    one.message,
  ].join(' ')
