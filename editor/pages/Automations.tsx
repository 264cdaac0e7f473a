import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { AutomationList } from '../../server/contract/automations.ts'
import { AutomationCard, NeedCard } from '../automation/AutomationCard.tsx'
import { NoFlows } from '../flow/NoFlows.tsx'
import { countOf } from '../format/number.ts'
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
    <Page title="Your automations" sentence={list.data ? sayAll(list.data) : null} reading>
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
          const needs = items.flatMap((one) =>
            one.needs.map((need) => ({ need, flow: { id: one.flow, name: one.name } })),
          )
          needs.sort((a, b) => Number(b.need.yours) - Number(a.need.yours))
          return (
            <>
              {needs.map(({ need, flow }) => (
                <NeedCard key={`${flow.id} ${need.kind} ${need.connection ?? ''}`} {...{ workspace, flow, need }} />
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

/** “All 6 automations are working.”, “1 of 6 needs you.” */
function sayAll({ items }: AutomationList): string {
  const total = items.length
  const of = (health: string) => items.filter((one) => one.health === health).length
  const [you, team, off] = [of('needs-you'), of('on-it'), of('off')]
  if (total === 0) return 'None yet.'
  const parts = [
    ...(you > 0 ? [`${you} of ${total} ${you === 1 ? 'needs' : 'need'} you`] : []),
    ...(team > 0 ? [`we’re on ${team === 1 ? 'one' : team}`] : []),
    ...(off > 0 ? [`${off} ${off === 1 ? 'is' : 'are'} off`] : []),
  ]
  if (total === 1 && off === 1) return 'It is off.'
  if (parts.length === 0) return total === 1 ? 'It is working.' : `All ${countOf(total, 'automation')} are working.`
  const text = parts.join(', ')
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}
