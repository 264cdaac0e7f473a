import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { Automation, Need } from '../../server/contract/automations.ts'
import { AutomationCard, NeedCard } from '../automation/AutomationCard.tsx'
import { sayAll } from '../automation/standing.ts'
import { NoFlows } from '../flow/NoFlows.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { WeeklyOffer } from '../people/WeeklyOffer.tsx'
import { automationsQuery } from '../queries.ts'
import { Page, Section } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'

const route = getRouteApi('/w/$workspace/home')

/** The home of whoever owns the data: no canvas, no runs, no JSON. */
export function Automations() {
  const { workspace } = route.useParams()
  const { may } = useRights(workspace)
  const list = useQuery(automationsQuery(workspace))
  return (
    <Page title="Your automations" sentence={list.data ? sayAll(list.data.items) : null} reading>
      <Loaded query={list} rows={4}>
        {({ items, team }) => {
          if (items.length === 0) {
            return (
              // Whoever sets flows up waits for nobody.
              may('flows.edit') ? (
                <NoFlows workspace={workspace} />
              ) : (
                <EmptyState title="Nothing is set up yet">
                  Your consultant is setting things up. Each automation appears here with its switch.
                </EmptyState>
              )
            )
          }
          // One card for each thing to do, and one for each automation that others see to.
          const yours = items.flatMap((one) =>
            one.needs.filter((need) => need.yours).map((need) => cardOf(one, [need])),
          )
          const theirs = items.map((one) =>
            cardOf(
              one,
              one.needs.filter((need) => !need.yours),
            ),
          )
          const cards = [...yours, ...theirs].filter(({ needs }) => needs.length > 0)
          return (
            <>
              {cards.map(({ key, flow, needs }) => (
                <NeedCard key={key} {...{ workspace, flow, needs }} />
              ))}
              {items.map((one) => (
                <AutomationCard key={one.flow} workspace={workspace} one={one} />
              ))}
              {team.length > 0 ? (
                <Section title="Your team">
                  <p>{team.map(({ name, role }) => `${name} (${role})`).join(', ')}</p>
                </Section>
              ) : null}
              <WeeklyOffer workspace={workspace} />
            </>
          )
        }}
      </Loaded>
    </Page>
  )
}

const cardOf = ({ flow, name }: Automation, needs: readonly Need[]) => ({
  key: [flow, ...needs.map(({ kind, connection }) => `${kind} ${connection ?? ''}`)].join(' '),
  flow: { id: flow, name },
  needs,
})
