import { IconAlertOctagonFilled, IconAlertTriangleFilled } from '@tabler/icons-react'
import { Link, useParams } from '@tanstack/react-router'
import type { FlowProblem } from '../../server/contract/shared.ts'
import classes from './Problems.module.css'

/** What is wrong with a draft, each in a sentence; errors keep it from being published, warnings do not. */
export function Problems({
  problems,
  where,
}: {
  problems: readonly FlowProblem[]
  where?: (problem: FlowProblem) => string | undefined
}) {
  const { workspace, flow } = useParams({ strict: false })
  if (problems.length === 0) return null
  return (
    <ul className={classes.problems}>
      {problems.map((problem, place) => {
        const Icon = problem.severity === 'error' ? IconAlertOctagonFilled : IconAlertTriangleFilled
        const at = where?.(problem)
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: the same sentence may stand twice, at two places
          <li key={place} data-severity={problem.severity}>
            <Icon size={16} aria-hidden />
            <span>
              <span className="unseen">{problem.severity === 'error' ? 'Error: ' : 'Warning: '}</span>
              {at ? <strong>{at}: </strong> : null}
              {problem.message}
              {problem.code === 'SLOT_UNBOUND' && workspace && flow ? (
                <>
                  {' '}
                  <Link to="/w/$workspace/flows/$flow" params={{ workspace, flow }} search={{ tab: 'connections' }}>
                    Choose the connection
                  </Link>
                </>
              ) : null}
              {problem.fix ? (
                <>
                  {' '}
                  Write <code>{problem.fix.to}</code> instead of <code>{problem.fix.from}</code>.
                </>
              ) : null}
            </span>
          </li>
        )
      })}
    </ul>
  )
}
