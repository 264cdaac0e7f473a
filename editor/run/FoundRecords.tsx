import { Link } from '@tanstack/react-router'
import type { PayloadHit } from '../../server/contract/payload-search.ts'
import type { NodeSteps } from '../../server/contract/runs.ts'
import { sayCount } from '../format/number.ts'
import classes from './PayloadSearch.module.css'
import { sayPayload } from './say-payload.ts'

/** Records in which a text was found, each a link to itself in its batch. */
export function FoundRecords(props: {
  workspace: string
  run: string
  hits: readonly PayloadHit[]
  steps: readonly NodeSteps[]
}) {
  const names = new Map(props.steps.map(({ node, name }) => [node, name]))
  return (
    <ol className={classes.hits} aria-label="Found records">
      {props.hits.map(({ batch, node, kind, place, key, field, excerpt, inName }) => (
        <li key={`${batch} ${node} ${kind} ${place}`}>
          <Link
            to="/w/$workspace/runs/$run"
            params={{ workspace: props.workspace, run: props.run }}
            search={{ step: node, batch, show: kind, record: place }}
            resetScroll={false}
            className={classes.hit}
          >
            <strong>{names.get(node) ?? node}</strong>
            <span className="muted number">
              Batch {sayCount(batch)}, {sayPayload(kind).toLowerCase()}, number {sayCount(place + 1)}
            </span>
            {key === null || key === excerpt.match ? null : <span className={classes.record}>{key}</span>}
            <span className={classes.excerpt}>
              <span className="muted">{inName ? 'Name of a field: ' : `${field}: `}</span>
              {excerpt.before}
              <mark>{excerpt.match}</mark>
              {excerpt.after}
            </span>
          </Link>
        </li>
      ))}
    </ol>
  )
}
