import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { EventList, HookView } from '../../server/contract/hooks.ts'
import { countOf } from '../format/number.ts'
import { type Column, DataTable, RowLink } from '../parts/DataTable.tsx'
import { JsonView } from '../parts/JsonView.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { When } from '../parts/When.tsx'
import { hookEventQuery, hookEventsQuery } from '../queries.ts'
import { useRights } from '../shell/use-rights.ts'
import classes from './Hooks.module.css'

type Event = EventList['items'][number]

/** The last events of a hook; one that is opened shows what was sent, while that is kept. */
export function HookEvents({
  workspace,
  hook,
  event,
}: {
  workspace: string
  hook: HookView
  event: string | undefined
}) {
  const events = useInfiniteQuery(hookEventsQuery(workspace, hook.flow, hook.id))
  const { may } = useRights(workspace)
  const columns: readonly Column<Event>[] = [
    {
      id: 'key',
      title: 'Event',
      grow: true,
      cell: (one) => (
        <RowLink
          to="/w/$workspace/flows/$flow"
          params={{ workspace, flow: hook.flow }}
          search={one.id === event ? { tab: 'hooks' } : { tab: 'hooks', hook: hook.id, event: one.id }}
          resetScroll={false}
        >
          {one.key}
        </RowLink>
      ),
    },
    { id: 'at', title: 'Received', cell: (one) => <When at={one.receivedAt} /> },
    {
      id: 'repeats',
      title: 'Came again',
      align: 'end',
      cell: (one) => (one.repeats === 0 ? '—' : countOf(one.repeats, 'time')),
    },
    {
      id: 'run',
      title: 'Run',
      cell: (one) =>
        one.run ? (
          <Link to="/w/$workspace/runs/$run" params={{ workspace, run: one.run }}>
            Its run
          </Link>
        ) : (
          <span className="muted">Waits for one</span>
        ),
    },
  ]
  return (
    <Loaded query={events} rows={3}>
      {({ pages }) => {
        const rows = pages.flatMap((page) => page.items)
        if (rows.length === 0) return <p className="muted">No event has come yet.</p>
        return (
          <>
            <DataTable
              label={`Events of ${hook.nodeName}`}
              columns={columns}
              rows={rows}
              rowKey={(one) => one.id}
              current={(one) => one.id === event}
              more={
                events.hasNextPage
                  ? { load: () => void events.fetchNextPage(), loading: events.isFetchingNextPage }
                  : undefined
              }
            />
            {event === undefined ? null : may('payloads.read') ? (
              <Content workspace={workspace} hook={hook} event={event} />
            ) : (
              <p className="muted">Your role sees that events came, not what is in them.</p>
            )}
          </>
        )
      }}
    </Loaded>
  )
}

function Content({ workspace, hook, event }: { workspace: string; hook: HookView; event: string }) {
  const detail = useQuery(hookEventQuery(workspace, hook.flow, hook.id, event))
  return (
    <section className={classes.content} aria-label="The event">
      <Loaded query={detail} rows={2}>
        {(shown) =>
          shown.content === null ? (
            <p className="muted">What it said is no longer kept.</p>
          ) : (
            <JsonView records={[shown.content]} total={1} label="What the event said" />
          )
        }
      </Loaded>
    </section>
  )
}
