import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect } from 'react'
import type { FlowView } from '../../server/contract/flows.ts'
import { countOf } from '../format/number.ts'
import { Banner } from '../parts/Banner.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { When } from '../parts/When.tsx'
import { catalogQuery, draftQuery, problemsQuery, versionQuery } from '../queries.ts'
import { useRights } from '../shell/use-rights.ts'
import { Outline } from './Outline.tsx'
import { operationsOf } from './operations.ts'
import { Problems } from './Problems.tsx'

/** The steps of the draft with its problems, or those of one version. */
export function Steps(props: {
  workspace: string
  flow: FlowView
  version: number | undefined
  step: string | undefined
}) {
  const { workspace, flow, version, step } = props
  const { may } = useRights(workspace)
  const catalog = useQuery(catalogQuery)
  const draft = useQuery({ ...draftQuery(workspace, flow.id), enabled: version === undefined })
  const chosen = useQuery({ ...versionQuery(workspace, flow.id, version ?? 0), enabled: version !== undefined })
  // Problems are those of the draft; a published version had none that count.
  const problems = useQuery({
    ...problemsQuery(workspace, flow.id),
    enabled: version === undefined && may('flows.edit'),
  })
  const document = version === undefined ? draft.data?.document : chosen.data?.document
  const error = (version === undefined ? draft.error : chosen.error) ?? catalog.error
  useEffect(() => {
    // A link to one step leads to it, once it is there.
    if (step !== undefined && document !== undefined && catalog.data !== undefined) {
      window.document.getElementById(`step-${step}`)?.scrollIntoView({ block: 'center' })
    }
  }, [step, document, catalog.data])
  const query = {
    data: document && catalog.data ? { document, operations: operationsOf(catalog.data) } : undefined,
    error,
    refetch: () => Promise.all([catalog.refetch(), version === undefined ? draft.refetch() : chosen.refetch()]),
  }
  const found = problems.data?.problems ?? []
  return (
    <>
      {version === undefined ? null : (
        <Banner
          tone="off"
          title={`You are looking at version ${version}`}
          action={
            <Link to="/w/$workspace/flows/$flow" params={{ workspace, flow: flow.id }} search={{ tab: 'steps' }}>
              Back to the draft
            </Link>
          }
        >
          {chosen.data ? (
            <p>
              {chosen.data.summary}
              <span className="muted">
                {' · '}published by {chosen.data.author}, <When at={chosen.data.createdAt} />
              </span>
            </p>
          ) : null}
        </Banner>
      )}
      <Loaded query={query}>
        {({ document: shown, operations }) => (
          <>
            {found.length > 0 ? (
              <Banner
                tone={found.some((problem) => problem.severity === 'error') ? 'failed' : 'attention'}
                title={sayProblems(found)}
              >
                {found.some((problem) => problem.severity === 'error') ? (
                  <p>Errors keep the draft from being published.</p>
                ) : null}
                <Problems problems={found.filter((problem) => !shown.nodes.some((node) => node.id === problem.node))} />
              </Banner>
            ) : null}
            <Outline
              document={shown}
              operations={operations}
              step={step}
              problems={(node) => <Problems problems={found.filter((problem) => problem.node === node)} />}
            />
          </>
        )}
      </Loaded>
    </>
  )
}

function sayProblems(problems: readonly { readonly severity: string }[]): string {
  const errors = problems.filter((problem) => problem.severity === 'error').length
  const warnings = problems.length - errors
  const parts = [
    ...(errors > 0 ? [countOf(errors, 'error')] : []),
    ...(warnings > 0 ? [countOf(warnings, 'warning')] : []),
  ]
  return `The draft has ${parts.join(' and ')}, marked at the steps`
}
