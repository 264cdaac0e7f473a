import { useQuery } from '@tanstack/react-query'
import type { NodeSteps, RunView } from '../../server/contract/runs.ts'
import { operationsOf } from '../flow/operations.ts'
import { countOf, sayCount } from '../format/number.ts'
import { sayLength } from '../format/time.ts'
import { hueOf } from '../outline.ts'
import { type Column, DataTable, RowLink } from '../parts/DataTable.tsx'
import { catalogQuery } from '../queries.ts'
import { sayCountName } from '../words.ts'
import classes from './StepTable.module.css'
import { otherCounts } from './step-counts.ts'

/** The steps of a run, all batches of each together. A row opens what happened in it. */
export function StepTable(props: {
  workspace: string
  run: RunView
  steps: readonly NodeSteps[]
  open: string | undefined
}) {
  const { workspace, run } = props
  const catalog = useQuery(catalogQuery)
  const operations = catalog.data ? operationsOf(catalog.data) : undefined
  const longest = Math.max(1, ...props.steps.map((step) => step.waitingMs + step.workingMs))
  const columns: readonly Column<NodeSteps>[] = [
    {
      id: 'step',
      title: 'Step',
      grow: true,
      cell: (step) => (
        <span className={classes.step}>
          <span className={classes.stripe} style={{ background: hueOf(operations?.get(step.operation)) }} aria-hidden />
          <span>
            <RowLink
              to="/w/$workspace/runs/$run"
              params={{ workspace, run: run.id }}
              search={step.node === props.open ? {} : { step: step.node }}
              resetScroll={false}
            >
              {step.name}
            </RowLink>
            <span className={classes.what}>{operations?.get(step.operation)?.title ?? step.operation}</span>
          </span>
        </span>
      ),
    },
    { id: 'in', title: 'In', align: 'end', cell: (step) => sayCount(step.counts['in'] ?? 0) },
    { id: 'out', title: 'Out', align: 'end', cell: (step) => sayCount(step.counts['out'] ?? 0) },
    {
      id: 'rejected',
      title: 'Rejected',
      align: 'end',
      cell: (step) => {
        const count = step.counts['rejected'] ?? 0
        return count > 0 ? <strong className={classes.rejected}>{sayCount(count)}</strong> : '0'
      },
    },
    {
      id: 'other',
      wrap: true,
      title: 'Of these',
      cell: (step) => {
        const others = otherCounts(step.counts)
        if (others.length === 0) return null
        return (
          <span className={classes.others}>
            {others.map(({ name, count }) => (
              <span key={name} className="number">
                {sayCountName(name, run.dry)} {sayCount(count)}
              </span>
            ))}
          </span>
        )
      },
    },
    {
      id: 'calls',
      title: 'Calls',
      align: 'end',
      cell: (step) => (
        <>
          {sayCount(step.calls)}
          {step.retries > 0 ? <span className="muted"> ({countOf(step.retries, 'retry', 'retries')})</span> : null}
        </>
      ),
    },
    {
      id: 'time',
      title: 'Waited · worked',
      align: 'end',
      cell: (step) => <Times step={step} longest={longest} />,
    },
  ]
  return (
    <DataTable
      label="Steps"
      columns={columns}
      rows={props.steps}
      rowKey={(step) => step.node}
      current={(step) => step.node === props.open}
    />
  )
}

/** Waiting is hatched, working is solid: waiting is the other system's time, or its limit. */
function Times({ step, longest }: { step: NodeSteps; longest: number }) {
  const share = (ms: number): string => `${(ms / longest) * 100}%`
  return (
    <span className={classes.times}>
      <span>
        {sayLength(step.waitingMs)} · {sayLength(step.workingMs)}
      </span>
      <span className={classes.bar} aria-hidden>
        <span className={classes.waited} style={{ width: share(step.waitingMs) }} />
        <span className={classes.worked} style={{ width: share(step.workingMs) }} />
      </span>
    </span>
  )
}
