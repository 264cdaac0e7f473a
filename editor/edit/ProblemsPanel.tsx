import { Button } from '@mantine/core'
import { IconAlertOctagonFilled, IconAlertTriangleFilled } from '@tabler/icons-react'
import { Banner } from '../parts/Banner.tsx'
import { useDraft, useEditor, useProblems, useUnchecked } from './context.ts'
import classes from './Editor.module.css'

/** All that is wrong, errors first; each leads to its place. */
export function ProblemsPanel() {
  const editor = useEditor()
  const nodes = useDraft(editor.session, (snapshot) => snapshot.flow.nodes)
  const problems = useProblems()
  const unchecked = useUnchecked()
  if (problems.length === 0 && !unchecked)
    return <p className={classes.none}>No problems. The draft can be published.</p>
  const errors = problems.filter((problem) => problem.severity === 'error').length
  return (
    <div className={classes.list}>
      {unchecked ? (
        <Banner
          tone="attention"
          title="Not all was checked"
          action={
            <Button variant="default" size="compact-sm" onClick={unchecked.again}>
              Check again
            </Button>
          }
        >
          <p>Expressions, schedules and connections are checked by the server, which did not answer.</p>
        </Banner>
      ) : null}
      <p className="muted">
        {problems.length === 0
          ? 'Nothing else was found.'
          : errors > 0
            ? 'Errors keep the draft from being published; warnings do not.'
            : 'Warnings do not keep the draft from being published.'}
      </p>
      <ul>
        {problems.map((problem, place) => {
          const node = nodes.find((one) => one.id === problem.node)
          const Icon = problem.severity === 'error' ? IconAlertOctagonFilled : IconAlertTriangleFilled
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: the same sentence may stand twice, at two places
            <li key={place}>
              <button
                type="button"
                className={classes.item}
                data-severity={problem.severity}
                disabled={node === undefined}
                onClick={() => node && editor.open(node.id, problem.field)}
              >
                <strong>
                  <Icon size={14} aria-hidden /> {node?.name ?? 'The flow'}
                </strong>
                <span>
                  <span className="unseen">{problem.severity === 'error' ? 'Error: ' : 'Warning: '}</span>
                  {problem.message}
                </span>
              </button>
            </li>
          )
        })}
      </ul>
    </div>
  )
}
