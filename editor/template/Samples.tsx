import type { TemplateView } from '../../server/contract/templates.ts'
import { countOf } from '../format/number.ts'
import { JsonView } from '../parts/JsonView.tsx'
import classes from './Samples.module.css'

type Sample = TemplateView['samples'][number]

/** What comes of typical records at single steps, so that nobody has to run the flow to see what it does. */
export function Samples({ flow, samples }: Pick<TemplateView, 'flow' | 'samples'>) {
  if (samples.length === 0) return <p className="muted">This flow brings no samples.</p>
  return (
    <ul className={classes.list}>
      {samples.map((sample) => {
        const step = flow.nodes.find(({ id }) => id === sample.node)
        const given = recordsOf(sample)
        return (
          <li key={`${sample.node} ${sample.title}`}>
            <details>
              <summary className={classes.head}>
                {sample.title} <span className="muted">{`“${step?.name ?? sample.node}” ${sayGiven(sample)}`}</span>
              </summary>
              <div className={classes.pair}>
                <div>
                  <p className="muted">What comes in</p>
                  <JsonView records={[sample.record]} total={1} label={`In: ${sample.title}`} />
                </div>
                {given.length === 0 ? null : (
                  <div>
                    <p className="muted">What it gives</p>
                    <JsonView records={given} total={given.length} label={`Out: ${sample.title}`} />
                  </div>
                )}
              </div>
            </details>
          </li>
        )
      })}
    </ul>
  )
}

function recordsOf({ gives }: Sample): readonly unknown[] {
  if (gives === undefined || typeof gives === 'boolean') return []
  return Array.isArray(gives) ? gives : [gives]
}

function sayGiven(sample: Sample): string {
  if (sample.gives === true) return 'lets it go on'
  if (sample.gives === false) return 'does not let it go on'
  const given = recordsOf(sample)
  return given.length === 0 ? 'gives nothing' : `gives ${countOf(given.length, 'record')}`
}
