import { useQuery } from '@tanstack/react-query'
import type { HookView } from '../../server/contract/hooks.ts'
import { countOf } from '../format/number.ts'
import { Counts } from '../parts/Counts.tsx'
import { Banner } from '../parts/Banner.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Fact, Facts } from '../parts/Facts.tsx'
import { Key } from '../parts/Key.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { StateBadge } from '../parts/StateBadge.tsx'
import { When } from '../parts/When.tsx'
import { hooksQuery } from '../queries.ts'
import { useRights } from '../shell/use-rights.ts'
import { HookEvents } from './HookEvents.tsx'
import classes from './Hooks.module.css'
import { HookSecret } from './HookSecret.tsx'
import { HOOK_KINDS, howToSend } from './hook-words.ts'

/** The addresses at which other systems tell the flow that something happened. */
export function Hooks(props: {
  workspace: string
  flow: string
  /** The event that is open, by the address. */
  open: { readonly hook: string; readonly event: string } | undefined
}) {
  const hooks = useQuery(hooksQuery(props.workspace, props.flow))
  return (
    <Loaded query={hooks} rows={4}>
      {({ items, strays }) =>
        items.length === 0 ? (
          <EmptyState title="No other system starts this flow">
            A version that starts by “Webhook” gets an address here when it is published.
          </EmptyState>
        ) : (
          <>
            {items.map((hook) => (
              <One
                key={hook.id}
                workspace={props.workspace}
                hook={hook}
                event={props.open?.hook === hook.id ? props.open.event : undefined}
              />
            ))}
            {strays ? (
              <p className="muted">
                Xero also told of {countOf(strays, 'change')} in organisations that no connection here is of. They start
                nothing.
              </p>
            ) : null}
          </>
        )
      }
    </Loaded>
  )
}

function One({ workspace, hook, event }: { workspace: string; hook: HookView; event: string | undefined }) {
  const { may } = useRights(workspace)
  return (
    <section className={classes.card} aria-label={`Hook ${hook.nodeName}`}>
      <div className={classes.heading}>
        <div>
          <h2 className="small">{hook.nodeName}</h2>
          <p className="muted">{HOOK_KINDS[hook.kind]}</p>
        </div>
        <StateBadge
          {...(hook.open
            ? ({ tone: 'ok', word: 'Takes events' } as const)
            : ({ tone: 'off', word: 'Closed' } as const))}
        />
      </div>
      {hook.open ? null : <Banner tone="attention" title={hook.reason ?? 'It takes no events now.'} />}
      <Facts>
        <Fact term="Address">
          <Key value={hook.url} label="address" />
        </Fact>
        {hook.header ? (
          <Fact term="Header">
            <Key value={hook.header} label="header" />
          </Fact>
        ) : null}
        <Fact term="Secret">
          {hook.kind === 'xero' ? (
            'The webhook key of Xero’s app'
          ) : hook.kind === 'bigcommerce' ? (
            'A header, derived from the key of the installation'
          ) : hook.secretEnds === null ? (
            'None yet'
          ) : (
            <code>…{hook.secretEnds}</code>
          )}
        </Fact>
        <Fact term="Last event">
          <When at={hook.lastEventAt} empty="None yet" />
        </Fact>
      </Facts>
      {may('hooks.manage') && (hook.kind === 'signed' || hook.kind === 'token') ? (
        <HookSecret workspace={workspace} hook={hook} />
      ) : null}
      <details className={classes.how}>
        <summary>How to send to it</summary>
        <ol>
          {howToSend(hook).map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
      </details>
      <Counts
        label="Events of the last 24 hours"
        lines={[
          { word: 'Taken, 24 hours', count: hook.taken },
          { word: 'Duplicates', count: hook.repeated },
          { word: 'Refused', count: hook.refused, tone: 'attention' },
          { word: 'Wait for a run', count: hook.waiting },
        ]}
      />
      <HookEvents workspace={workspace} hook={hook} event={event} />
    </section>
  )
}
