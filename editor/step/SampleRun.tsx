import { Select } from '@mantine/core'
import { getRouteApi, Link } from '@tanstack/react-router'
import { sayWhen } from '../format/time.ts'
import { RUN_WORDS, sayVersion } from '../words.ts'
import { useEditor } from '../edit/context.ts'
import { Stale } from './Stale.tsx'
import classes from './Sample.module.css'
import { type Sample, useSampleRuns } from './use-sample.ts'

const route = getRouteApi('/w/$workspace/flows/$flow/edit')

/** Which run the samples come from: the last good one unless somebody chooses. The choice stands in the address. */
export function SampleRun({ sample }: { sample: Sample }) {
  const { workspace } = useEditor()
  const navigate = route.useNavigate()
  const { items, good, failed, hidden, missed, ...runs } = useSampleRuns()
  const chosen = sample.run ?? runs.chosen
  if (sample.shippedBy !== undefined) {
    return <p className="muted">No run yet. These are the samples that “{sample.shippedBy}” brings.</p>
  }
  if (hidden) return <p className="muted">Your role sees counts of runs, not the records themselves.</p>
  // That they load, or did not, is said where the records would stand.
  if (chosen === undefined && (missed || runs.loading)) return null
  if (chosen === undefined) {
    return (
      <p className="muted">
        No run yet. Run the flow once, or test it without sending, and its records are shown here.
      </p>
    )
  }
  const word = (run: (typeof items)[number]): string => {
    const which = run.id === good?.id ? 'Last good: ' : run.id === failed?.id ? 'Last failed: ' : ''
    return `${which}${sayWhen(new Date(run.createdAt), new Date())}, ${sayVersion(run.version)}, ${RUN_WORDS[run.state].word.toLowerCase()}${run.dry ? ', without sending' : ''}`
  }
  const all = items.some((run) => run.id === chosen.id) ? items : [chosen, ...items]
  return (
    <div className={classes.run}>
      <Select
        label="Records of"
        size="sm"
        data={all.map((run) => ({ value: run.id, label: word(run) }))}
        value={chosen.id}
        onChange={(id) =>
          void navigate({
            search: ({ sample: _, ...rest }) => (id === null ? rest : { ...rest, sample: id }),
            resetScroll: false,
          })
        }
      />
      <Link to="/w/$workspace/runs/$run" params={{ workspace, run: chosen.id }} className={classes.toRun}>
        Open the run
      </Link>
      <Stale names={sample.stale} since="this run" />
    </div>
  )
}
