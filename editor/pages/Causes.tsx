import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { Cause, Causes as CausesAnswer } from '../../server/contract/causes.ts'
import { CauseTable } from '../cause/CauseTable.tsx'
import { causesQuery } from '../cause/queries.ts'
import { countOf } from '../format/number.ts'
import { TONES } from '../now/say-now.ts'
import { EmptyState } from '../parts/EmptyState.tsx'
import { FilterSelect, Filters } from '../parts/Filters.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { sessionQuery } from '../queries.ts'
import { DESKS } from '../search.ts'
import { Page, Section } from '../shell/Page.tsx'
import { DESK_WORDS } from '../words.ts'

const route = getRouteApi('/w/$workspace/causes')
const WHOSE = { me: 'In my hands', nobody: 'In nobody’s hands' } as const

/** For whoever works for many clients: what went wrong, one line for each cause, wherever it does the same. */
export function Causes() {
  const { desk, whose } = route.useSearch()
  const navigate = route.useNavigate()
  const causes = useQuery(causesQuery)
  const me = useQuery(sessionQuery).data?.user.id
  const fits = (cause: Cause) =>
    (desk === undefined || cause.desk === desk) &&
    (whose === undefined || (whose === 'me' ? cause.owners.some(({ id }) => id === me) : cause.unowned > 0))
  return (
    <Page title="Causes at all clients" sentence={causes.data ? sayCauses(causes.data) : 'What went wrong, by cause.'}>
      <Filters label="Filter causes">
        <FilterSelect
          label="Desk"
          all="All desks"
          options={DESKS.map((one) => ({ value: one, label: DESK_WORDS[one] }))}
          value={desk}
          onChange={(one) => navigate({ search: (now) => ({ ...now, desk: one }) })}
        />
        <FilterSelect
          label="In whose hands"
          all="Anybody’s"
          options={(['me', 'nobody'] as const).map((one) => ({ value: one, label: WHOSE[one] }))}
          value={whose}
          onChange={(one) => navigate({ search: (now) => ({ ...now, whose: one }) })}
        />
      </Filters>
      <Loaded query={causes} rows={5}>
        {(data) => {
          const shown = data.items.filter(fits)
          return (
            <>
              {shown.length > 0 ? (
                TONES.map(({ tone, title, note }) => {
                  const some = shown.filter((cause) => cause.tone === tone)
                  return some.length === 0 ? null : (
                    <Section key={tone} title={title} note={note}>
                      <CauseTable label={title} causes={some} />
                    </Section>
                  )
                })
              ) : data.items.length > 0 ? (
                <EmptyState title="No cause fits this">
                  {countOf(data.items.length, 'cause')} of another desk, or in other hands.
                </EmptyState>
              ) : (
                <EmptyState title="Quiet: nothing that went wrong is open">
                  {data.workspaces === 0
                    ? 'There is no workspace in which you may see what needs somebody.'
                    : `Failed runs of seven days and open exceptions of ${countOf(data.workspaces, 'workspace')} were looked at.`}
                </EmptyState>
              )}
              {data.more ? (
                <p className="muted">
                  There is more than is counted here: of each workspace 100 causes of a kind, of all together 100.
                </p>
              ) : null}
              {data.shut.length > 0 ? (
                <p className="muted">
                  Not looked at, as they ask for another way of signing in:{' '}
                  {data.shut.map(({ name }) => name).join(', ')}.
                </p>
              ) : null}
            </>
          )
        }}
      </Loaded>
    </Page>
  )
}

/** “3 causes at 5 of 60 clients.” */
function sayCauses({ items, workspaces }: CausesAnswer): string {
  const touched = new Set(items.flatMap(({ clients }) => clients.map(({ workspace }) => workspace))).size
  if (items.length === 0) return `Nothing is open in ${countOf(workspaces, 'workspace')}.`
  return `${countOf(items.length, 'cause')} at ${touched} of ${countOf(workspaces, 'client')}.`
}
