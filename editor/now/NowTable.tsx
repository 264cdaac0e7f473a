import { Group } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { NowGroup } from '../../server/contract/now.ts'
import { TakeCause } from '../cause/TakeCause.tsx'
import { Whose } from '../cause/Whose.tsx'
import { countOf, sayCount } from '../format/number.ts'
import { type Column, DataTable } from '../parts/DataTable.tsx'
import { StateBadge } from '../parts/StateBadge.tsx'
import { Sums } from '../parts/Sums.tsx'
import { When } from '../parts/When.tsx'
import { sessionQuery } from '../queries.ts'
import { ControlRuns } from '../run/ControlRuns.tsx'
import { useRights } from '../shell/use-rights.ts'
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
  const { may } = useRights(workspace)
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
          {group.flowCount > 0 || group.step ? (
            <span>
              {[group.step?.name, group.flowCount > 0 ? sayFlows(group) : undefined].filter(Boolean).join(' · ')}
            </span>
          ) : null}
          {group.nextAction ? <span className="muted">{group.nextAction}</span> : null}
          {group.paused.length > 0 && may('runs.cancel') ? <LetGo workspace={workspace} group={group} /> : null}
        </span>
      ),
    },
    { id: 'kind', title: 'What', cell: (group) => <StateBadge {...KIND_WORDS[group.kind]} /> },
    {
      id: 'count',
      title: 'How many',
      align: 'end',
      cell: (group) => (
        <span className={classes.many}>
          <span className="number">{sayHowMany(group)}</span>
          {group.money.length > 0 ? <Sums money={group.money} lines="at stake" /> : null}
        </span>
      ),
    },
    {
      id: 'since',
      title: 'Since',
      wrap: true,
      cell: (group) => (
        <>
          <When at={group.firstAt} />
          {group.lastAt !== null && group.lastAt !== group.firstAt ? (
            <span className="muted">
              , last <When at={group.lastAt} />
            </span>
          ) : null}
        </>
      ),
    },
    ...(groups.some(canTake)
      ? [
          {
            id: 'whose',
            title: 'Whose',
            wrap: true,
            cell: (group) => (
              <span className={classes.whose}>
                <Whose {...group} />
                {may('exceptions.assign') ? <Take workspace={workspace} group={group} /> : null}
              </span>
            ),
          } satisfies Column<NowGroup>,
        ]
      : []),
  ]
  return <DataTable label={label} columns={columns} rows={groups} rowKey={keyOf} />
}

/** What is paused for one reason goes on, or is cancelled, together; the server takes 1,000 at once. */
function LetGo({ workspace, group }: { workspace: string; group: NowGroup }) {
  const select = { ids: group.paused }
  const subject = group.count === 1 ? 'this run' : `these ${countOf(group.count, 'run')}`
  return (
    <Group gap="xs">
      <ControlRuns {...{ workspace, select, subject }} what="resume" />
      <ControlRuns {...{ workspace, select, subject }} what="cancel" />
    </Group>
  )
}

const canTake = ({ kind }: NowGroup): boolean => kind === 'failed' || kind === 'exceptions'

function Take({ workspace, group }: { workspace: string; group: NowGroup }) {
  const { kind, flows, count, unowned } = group
  const own = useQuery(sessionQuery).data?.workspaces.find(({ id }) => id === workspace)
  if ((kind !== 'failed' && kind !== 'exceptions') || !own || own.deleteAfter !== null) return null
  const [flow] = kind === 'exceptions' ? flows : []
  const at = { workspace, name: own.name, ...(flow ? { flow: flow.id } : {}) }
  return <TakeCause cause={{ ...group, kind }} at={[at]} others={count - (unowned ?? 0)} />
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
