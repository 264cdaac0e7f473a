import { Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import type { OperationInfo } from '../../server/flow/catalog/catalog.ts'
import type { FlowNode } from '../../server/flow/document/flow.ts'
import * as api from '../api.ts'
import { Banner } from '../parts/Banner.tsx'
import { countOf } from '../format/number.ts'
import { JsonView } from '../parts/JsonView.tsx'
import { sayError } from '../parts/say-error.ts'
import { useEditor } from '../edit/context.ts'
import { useSample } from './use-sample.ts'
import classes from './Sample.module.css'

type Tried = { readonly given: unknown[]; readonly none: number; readonly faults: readonly string[] }

/** The one expression of a step that makes its records; steps without one are tried by running the flow. */
const expressionOf = (node: FlowNode, info: OperationInfo | undefined): string | undefined => {
  const name =
    info?.kind === 'write'
      ? 'record'
      : info?.id === 'map'
        ? 'expression'
        : info?.id === 'filter'
          ? 'condition'
          : undefined
  if (name === undefined) return undefined
  const value = node.settings[name] ?? (info?.kind === 'write' ? '$' : undefined)
  return typeof value === 'string' ? value : undefined
}

/** Tries the step as it is set now on the records of the sample. Nothing is sent: a write shows what it would send. */
export function TryStep({ node, info }: { node: FlowNode; info: OperationInfo | undefined }) {
  const { workspace, flowId } = useEditor()
  const sample = useSample(node.id)
  const expression = expressionOf(node, info)
  const attempt = useMutation({
    mutationFn: async (): Promise<Tried> => {
      const given: unknown[] = []
      const faults: string[] = []
      let none = 0
      // One after the other: the evaluators belong to runs as well.
      for (const [place, record] of sample.records.entries()) {
        if (typeof record !== 'object' || record === null) continue
        const answer = await api.preview(workspace, flowId, {
          expression: expression ?? '$',
          record: record as { [name: string]: unknown }, // an object, as checked above
        })
        if (!answer.ok) faults.push(`Record ${place + 1}: ${answer.error?.message ?? 'no answer'}`)
        else if (!('value' in answer) || (info?.id === 'filter' && answer.value !== true)) none++
        else if (info?.id === 'filter') given.push(record)
        else given.push(...(Array.isArray(answer.value) ? answer.value : [answer.value]))
        if (faults.length >= 5) break
      }
      return { given, none, faults }
    },
  })
  if (expression === undefined || info === undefined) return null
  const write = info.kind === 'write'
  return (
    <div className={classes.tried}>
      <Button
        size="compact-sm"
        variant="default"
        disabled={sample.records.length === 0}
        loading={attempt.isPending}
        onClick={() => attempt.mutate()}
      >
        {write ? 'Show what would be sent' : 'Try this step'}
        {sample.records.length > 0 ? ` on ${countOf(sample.records.length, 'record')}` : ''}
      </Button>
      {attempt.error ? <p>{sayError(attempt.error).title}</p> : null}
      {attempt.data ? (
        <>
          {attempt.data.faults.length > 0 ? (
            <Banner tone="failed" title={`${countOf(attempt.data.faults.length, 'record')} would be set aside`}>
              <ul>
                {attempt.data.faults.map((fault) => (
                  <li key={fault}>{fault}</li>
                ))}
              </ul>
            </Banner>
          ) : null}
          <p className="muted">
            {write ? 'Would send' : 'Gives'} {countOf(attempt.data.given.length, 'record')}
            {attempt.data.none > 0 ? `, ${attempt.data.none} give nothing` : ''}. {write ? 'Nothing was sent.' : ''}
          </p>
          <JsonView records={attempt.data.given} total={attempt.data.given.length} label="Result of trying" />
        </>
      ) : null}
    </div>
  )
}
