import {
  IconAlertOctagonFilled,
  IconAlertTriangleFilled,
  IconCircleCheckFilled,
  IconHelpCircleFilled,
} from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ConnectionNeed } from '../../server/contract/connections.ts'
import { sayCount } from '../format/number.ts'
import { Banner } from '../parts/Banner.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { connectionNeedsQuery } from '../queries.ts'
import { Section } from '../shell/Page.tsx'
import classes from './Findings.module.css'

const ICONS = {
  ok: <IconCircleCheckFilled size={18} aria-label="Nothing missing" />,
  attention: <IconAlertTriangleFilled size={18} aria-label="Missing for a draft" />,
  failed: <IconAlertOctagonFilled size={18} aria-label="Missing" />,
  unknown: <IconHelpCircleFilled size={18} aria-label="Not known yet" />,
}

/** What is missing for a draft alone stops no flow yet. */
const stateOf = ({ asked, uses }: ConnectionNeed): keyof typeof ICONS =>
  asked === null ? 'unknown' : asked ? 'ok' : uses.some(({ live }) => live) ? 'failed' : 'attention'

/** Which flow needs which permission of the other system, and what to do about those that are missing. */
export function Needs(props: { workspace: string; connection: string; system: string; browser: boolean }) {
  const needs = useQuery(connectionNeedsQuery(props.workspace, props.connection))
  return (
    <Section title="What its flows need">
      <Loaded query={needs} rows={3}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title="Nothing so far">
              No step of a flow that is bound to this connection needs a permission at {props.system}.
            </EmptyState>
          ) : (
            <>
              <Missing needs={items} system={props.system} browser={props.browser} />
              <ul className={classes.findings}>
                {items.map((need) => (
                  <li key={need.permission} data-state={stateOf(need)}>
                    {ICONS[stateOf(need)]}
                    <div>
                      <strong>{need.permission}</strong>
                      <p className="muted">
                        {sayAsked(need, props.system)} Needed by <Uses workspace={props.workspace} uses={need.uses} />.
                      </p>
                    </div>
                  </li>
                ))}
              </ul>
            </>
          )
        }
      </Loaded>
    </Section>
  )
}

function sayAsked({ asked, says }: ConnectionNeed, system: string): string {
  if (asked === null) return `Not known: it shows itself when the connection is tested, or when a step first needs it.`
  if (says === 'test') return asked ? `On in ${system} at the last test.` : `Off in ${system} at the last test.`
  return asked ? 'The connection asks for it.' : 'The connection does not ask for it.'
}

function Missing(props: { needs: readonly ConnectionNeed[]; system: string; browser: boolean }) {
  const missing = props.needs.filter(({ asked }) => asked === false)
  if (missing.length === 0) return null
  const live = missing.some((need) => stateOf(need) === 'failed')
  const [it, is] = missing.length === 1 ? ['it', 'permission is'] : ['them', 'permissions are']
  return (
    <Banner tone={live ? 'failed' : 'attention'} title={`${sayCount(missing.length)} ${is} missing`}>
      <p>
        {live ? 'Flows stop at the steps that need ' : 'Flows will stop at the steps that need '}
        {it}.{' '}
        {missing.some(({ says }) => says === 'test')
          ? `Switch ${it} on in ${props.system}, then test the connection again.`
          : `Add ${it} to the scopes asked for, under Change, ${
              props.browser
                ? `then sign in at ${props.system} again.`
                : `and to the app at ${props.system} where that has a list of its own. Then test the connection.`
            }`}
      </p>
    </Banner>
  )
}

function Uses({ workspace, uses }: { workspace: string; uses: ConnectionNeed['uses'] }) {
  return uses.map((use, place) => (
    <span key={use.flow.id}>
      {place > 0 ? ', ' : ''}
      {use.live ? '' : 'the draft of '}
      <Link to="/w/$workspace/flows/$flow" params={{ workspace, flow: use.flow.id }}>
        {use.flow.name}
      </Link>{' '}
      ({use.steps.join(', ')})
    </span>
  ))
}
