import { useQuery } from '@tanstack/react-query'
import type { Forecast, ForecastRequest } from '../../server/contract/run-starts.ts'
import { countOf, sayCount } from '../format/number.ts'
import { Banner } from '../parts/Banner.tsx'
import { forecastQuery } from '../queries.ts'
import classes from './ForecastLine.module.css'

// From this share of a day’s allowance on, other flows of the same connection may have to wait.
const LARGE = 0.25

/** What a run would cost, before it is started: calls, the end, the share of the day’s allowance. */
export function ForecastLine({ workspace, flow, asked }: { workspace: string; flow: string; asked: ForecastRequest }) {
  const forecast = useQuery(forecastQuery(workspace, flow, asked))
  if (forecast.error) return <p className="muted">What it would cost could not be estimated.</p>
  if (forecast.data === undefined) {
    return (
      <p className="muted" role="status">
        Estimating what it costs…
      </p>
    )
  }
  const large = forecast.data.connections.some((one) => (one.shareOfDay ?? 0) >= LARGE)
  return (
    <Banner tone={large ? 'attention' : 'running'} title={forecast.data.sentence}>
      {large ? <p>Other flows on the same connection may have to wait for it.</p> : null}
      <Grounds forecast={forecast.data} />
    </Banner>
  )
}

function Grounds({ forecast }: { forecast: Forecast }) {
  if (forecast.reads.length + forecast.connections.length + forecast.assumptions.length === 0) return null
  return (
    <details className={classes.grounds}>
      <summary>What this rests on</summary>
      <ul>
        {forecast.reads.map((read) => (
          <li key={read.node}>
            {read.name}: {read.records === null ? 'it does not say how much it has' : countOf(read.records, 'record')}
            {read.calls === null ? '' : `, ${countOf(read.calls, 'call')}`}
          </li>
        ))}
        {forecast.connections.map((one) => (
          <li key={one.id}>
            {one.name}: {countOf(one.calls, 'call')}
            {one.perDay === null ? '' : ` of ${sayCount(one.perDay)} a day`}
            {one.usedToday === null ? '' : `, ${sayCount(one.usedToday)} used already`}
          </li>
        ))}
        {forecast.assumptions.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </details>
  )
}
