import { useQuery } from '@tanstack/react-query'
import type { Flow } from '../../server/flow/document/flow.ts'
import { effectsOf } from '../outline.ts'
import { ErrorState } from '../parts/ErrorState.tsx'
import { Skeletons } from '../parts/Skeletons.tsx'
import { catalogQuery, versionQuery } from '../queries.ts'
import { operationsOf } from './operations.ts'
import classes from './EffectList.module.css'

/** What the live version reads and sends, in words. */
export function EffectList({ workspace, flow, version }: { workspace: string; flow: string; version: number }) {
  const live = useQuery(versionQuery(workspace, flow, version))
  const catalog = useQuery(catalogQuery)
  const error = live.error ?? catalog.error
  if (error) return <ErrorState error={error} onRetry={() => Promise.all([live.refetch(), catalog.refetch()])} />
  if (!live.data || !catalog.data) return <Skeletons rows={2} />
  return <Effects document={live.data.document} operations={operationsOf(catalog.data)} />
}

function Effects({ document, operations }: { document: Flow; operations: ReturnType<typeof operationsOf> }) {
  const effects = effectsOf(document, operations)
  const lines = [
    ...effects.reads.map((read) => ({ verb: 'Reads', ...read, unsafe: false })),
    ...effects.writes.map((write) => ({ verb: 'Sends', ...write })),
  ]
  return (
    <ul className={classes.effects}>
      {lines.map((line) => (
        <li key={`${line.verb} ${line.title}`}>
          <span className="muted">{line.verb}</span>
          <span>
            {line.title}
            {line.slot ? <span className="muted"> · {line.slot}</span> : null}
            {line.unsafe ? <strong className={classes.unsafe}>Cannot be taken back</strong> : null}
          </span>
        </li>
      ))}
    </ul>
  )
}
