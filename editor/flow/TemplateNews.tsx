import { Button } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import * as api from '../api.ts'
import { Banner } from '../parts/Banner.tsx'
import { sayError } from '../parts/say-error.ts'
import { flowTemplateQuery } from '../queries.ts'

/** A newer version of the template the flow was made of: what is new, what would change, what stays yours. */
export function TemplateNews({ workspace, flow }: { workspace: string; flow: string }) {
  const client = useQueryClient()
  const found = useQuery(flowTemplateQuery(workspace, flow))
  const take = useMutation({
    mutationFn: (revision: number) => api.takeTemplate(workspace, flow, { revision }),
    onSuccess: () => client.invalidateQueries({ queryKey: [workspace, 'flows', flow] }),
  })
  const { template, taken, update } = found.data ?? {}
  if (!template || !update) return null
  const { nodes, edges, flow: top } = update.changes
  const names = [
    ...nodes.added.map(({ name }) => `new step “${name}”`),
    ...nodes.removed.map(({ name }) => `without the step “${name}”`),
    ...nodes.changed.map(({ name }) => `“${name}” changes`),
    ...(edges.added.length + edges.removed.length > 0 ? ['other connections between steps'] : []),
    ...(top.length > 0 ? ['other questions or description'] : []),
  ]
  return (
    <Banner
      tone="running"
      title={`Version ${template.version} of “${template.title}” is there; this flow has version ${taken}`}
      action={
        <Button size="xs" variant="default" loading={take.isPending} onClick={() => take.mutate(update.revision)}>
          Take it into the draft
        </Button>
      }
    >
      {template.news.map(({ version, says }) => (
        <p key={version}>{says}</p>
      ))}
      <p>It would change: {names.join(', ') || 'nothing that runs'}. Nothing runs differently before you publish.</p>
      {update.conflicts.length > 0 ? (
        <p>You changed the same places, and yours stay: {update.conflicts.map(({ place }) => place).join(', ')}.</p>
      ) : null}
      {take.error ? <p>{sayError(take.error).detail}</p> : null}
    </Banner>
  )
}
