import { Link } from '@tanstack/react-router'
import { Fragment } from 'react'
import type { Automation, Health, Need } from '../../server/contract/automations.ts'
import { countOf } from '../format/number.ts'
import { Banner } from '../parts/Banner.tsx'
import { ButtonLink } from '../parts/ButtonLink.tsx'
import { Fact, Facts } from '../parts/Facts.tsx'
import { StateBadge } from '../parts/StateBadge.tsx'
import { When } from '../parts/When.tsx'
import { Card } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'
import type { Worded } from '../words.ts'
import classes from './AutomationCard.module.css'
import { AutomationSwitch } from './AutomationSwitch.tsx'
import { SomethingWrong } from './SomethingWrong.tsx'
import { standingOf } from './standing.ts'
import { TurnOnNote } from './TurnOnNote.tsx'
import { WeekBars } from './WeekBars.tsx'

export const HEALTH_WORDS: { readonly [health in Health]: Worded } = {
  working: { tone: 'ok', word: 'Working' },
  'needs-you': { tone: 'person', word: 'Needs you' },
  'on-it': { tone: 'team', word: 'We’re on it' },
  off: { tone: 'off', word: 'Off' },
}

/** One automation: what it does, whether it is on, how it is, what it did last. */
export function AutomationCard({ workspace, one }: { workspace: string; one: Automation }) {
  const { closing } = useRights(workspace)
  const stopped = one.needs.some(({ kind }) => kind === 'stopped')
  return (
    <Card>
      <article className={classes.card} aria-label={one.name}>
        <header className={classes.head}>
          <div>
            <h2 className="small">{one.name}</h2>
            <p className="muted">{one.sentence}</p>
          </div>
          <div className={classes.switch}>
            <StateBadge {...HEALTH_WORDS[standingOf(one)]} />
            <AutomationSwitch workspace={workspace} flow={{ ...one, id: one.flow }} />
          </div>
        </header>
        <Facts>
          <Fact term="Last sync">
            {one.lastSync ? (
              <>
                <When at={one.lastSync.at} />
                {one.lastSync.sent > 0 ? `, ${countOf(one.lastSync.sent, 'item')} sent` : ', nothing new'}
              </>
            ) : (
              'Not yet'
            )}
          </Fact>
          <Fact term="Next">
            {one.enabled ? (
              <When at={one.nextDue} empty={stopped ? 'It has stopped' : 'When something happens'} />
            ) : (
              'It is off'
            )}
          </Fact>
          <Fact term="Last seven days">
            {countOf(one.week.read, 'record')} read, {countOf(one.week.sent, 'item')} sent
          </Fact>
        </Facts>
        <WeekBars days={one.days} />
        <TurnOnNote workspace={workspace} flow={{ ...one, id: one.flow }} refused />
        {one.reports.map((report) => (
          <Banner
            key={report.id}
            tone={report.answer ? 'ok' : 'running'}
            title={
              report.answer
                ? `${report.answeredBy ?? 'The team'}: ${report.answer}`
                : 'We’re on it: the team has your words'
            }
          >
            <p className="muted">
              “{report.words}” — {report.by ?? 'somebody'}, <When at={report.createdAt} />
            </p>
          </Banner>
        ))}
        <footer className={classes.foot}>
          {one.settings > 0 ? (
            <Link to="/w/$workspace/flows/$flow" params={{ workspace, flow: one.flow }} search={{ tab: 'settings' }}>
              {countOf(one.settings, 'setting')}
              {closing ? '' : ' you may change'}
            </Link>
          ) : (
            <span />
          )}
          <SomethingWrong workspace={workspace} flow={{ id: one.flow, name: one.name }} />
        </footer>
      </article>
    </Card>
  )
}

/** What a person has to do, with the one way to do it, or all that others see to, with who can. */
export function NeedCard(props: { workspace: string; flow: { id: string; name: string }; needs: readonly Need[] }) {
  const { workspace, flow, needs } = props
  const { closing } = useRights(workspace)
  const [need] = needs
  if (need === undefined) return null
  return (
    <Banner
      tone={need.yours ? 'attention' : 'running'}
      title={need.yours ? `${flow.name} needs you` : `${flow.name}: we’re on it`}
      action={need.yours && !closing ? <Remedy workspace={workspace} flow={flow} need={need} /> : undefined}
    >
      {needs.map(({ kind, connection, message, since, yours, others }) => (
        <Fragment key={`${kind} ${connection}`}>
          <p>{message}</p>
          <p className="muted">
            {since ? (
              <>
                Since <When at={since} />.{' '}
              </>
            ) : null}
            {others.length > 0 ? `${yours ? 'Others who can' : 'Who sees to it'}: ${others.join(', ')}.` : ''}
          </p>
        </Fragment>
      ))}
    </Banner>
  )
}

function Remedy(props: { workspace: string; flow: { id: string; name: string }; need: Need }) {
  const { workspace, need } = props
  const flow = props.flow.id
  if ((need.kind === 'connection' || need.kind === 'ending') && need.connection !== null) {
    return (
      <ButtonLink
        to="/w/$workspace/connections/$connection"
        params={{ workspace, connection: need.connection }}
        size="xs"
        className={classes.remedy}
      >
        {need.kind === 'ending' ? 'See what to do' : 'Sign in again'}
      </ButtonLink>
    )
  }
  if (need.kind === 'answers') {
    return (
      <ButtonLink
        to="/w/$workspace/flows/$flow"
        params={{ workspace, flow }}
        search={{ tab: 'settings' }}
        size="xs"
        className={classes.remedy}
      >
        Fill in
      </ButtonLink>
    )
  }
  if (need.kind === 'exceptions') {
    return (
      <ButtonLink
        to="/w/$workspace/exceptions"
        params={{ workspace }}
        search={{ flow, state: 'open' }}
        size="xs"
        className={classes.remedy}
      >
        Look at them
      </ButtonLink>
    )
  }
  return <AutomationSwitch workspace={workspace} flow={{ ...props.flow, enabled: true, published: true }} again />
}
