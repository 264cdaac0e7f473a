import { Link } from '@tanstack/react-router'
import type { BackfillView } from '../../server/contract/run-starts.ts'
import { sayWindow } from '../format/days.ts'
import { sayCount } from '../format/number.ts'
import classes from './ChunkBar.module.css'
import { statesOf, wordOf } from './chunks.ts'

// More parts than this are too narrow to be hit one by one; the list of runs has them all.
const MOST_LINKS = 40

/** The parts of a back-fill in the order of their days, each in the colour of its state; the words stand below. */
export function ChunkBar({ workspace, chunks }: { workspace: string; chunks: BackfillView['chunks'] }) {
  return (
    <div className={classes.frame}>
      {chunks.length <= MOST_LINKS ? (
        <ol className={classes.bar}>
          {chunks.map((chunk) => {
            const label = `${sayWindow(chunk.from, chunk.to)}: ${wordOf(chunk).word}`
            return (
              <li key={chunk.from} data-tone={wordOf(chunk).tone} title={label}>
                {chunk.run ? (
                  <Link to="/w/$workspace/runs/$run" params={{ workspace, run: chunk.run }} aria-label={label} />
                ) : (
                  <span className="unseen">{label}</span>
                )}
              </li>
            )
          })}
        </ol>
      ) : (
        <div className={classes.bar} data-narrow="" aria-hidden>
          {statesOf(chunks).map(({ state, count }) => (
            <span key={state.word} data-tone={state.tone} style={{ flexGrow: count }} />
          ))}
        </div>
      )}
      <ul className={classes.legend}>
        {statesOf(chunks).map(({ state, count }) => (
          <li key={state.word} data-tone={state.tone}>
            <span className={classes.dot} aria-hidden />
            {state.word} <span className="number">{sayCount(count)}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}
