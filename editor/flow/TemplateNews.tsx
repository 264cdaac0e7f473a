import { Button } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { FlowTemplate } from '../../server/contract/templates.ts'
import * as api from '../api.ts'
import { ChangeList } from '../compare/ChangeList.tsx'
import { listChanges } from '../compare/changes.ts'
import { sayPlace } from '../compare/place-words.ts'
import { countOf } from '../format/number.ts'
import { Banner } from '../parts/Banner.tsx'
import { ButtonLink } from '../parts/ButtonLink.tsx'
import { sayError } from '../parts/say-error.ts'
import { catalogQuery, draftQuery, flowTemplateQuery } from '../queries.ts'
import classes from './TemplateNews.module.css'

/** A newer version of the template the flow was made of: what is new, what would change, what stays yours. */
export function TemplateNews({ workspace, flow }: { workspace: string; flow: string }) {
  const client = useQueryClient()
  const found = useQuery(flowTemplateQuery(workspace, flow))
  const take = useMutation({
    mutationFn: (revision: number) => api.takeTemplate(workspace, flow, { revision }),
    onSuccess: () => client.invalidateQueries({ queryKey: [workspace, 'flows', flow] }),
  })
  const { template, taken, update } = found.data ?? {}
  if (take.isSuccess) {
    return (
      <Banner
        tone="ok"
        title={`The draft has version ${take.data.taken} of its template now`}
        live
        action={
          <ButtonLink
            size="xs"
            variant="default"
            to="/w/$workspace/flows/$flow/edit"
            params={{ workspace, flow }}
            search={{}}
          >
            Look at the draft
          </ButtonLink>
        }
      >
        <p>Test it, then publish: until then nothing runs differently.</p>
      </Banner>
    )
  }
  if (!template || !update) return null
  return (
    <Banner
      tone="running"
      title={`“${template.title}” has a newer version: ${template.version}. This flow has version ${taken}.`}
      action={
        <Button size="xs" variant="default" loading={take.isPending} onClick={() => take.mutate(update.revision)}>
          Take it into the draft
        </Button>
      }
    >
      {template.news.map(({ version, says }) => (
        <p key={version}>
          Version {version}: {says}
        </p>
      ))}
      <p className="muted">Nothing runs differently before you publish.</p>
      <Difference workspace={workspace} flow={flow} update={update} />
      {take.error ? (
        <p role="alert">
          <strong>{sayError(take.error).title}.</strong> {sayError(take.error).detail}
        </p>
      ) : null}
    </Banner>
  )
}

/** Change by change, on demand; the places where the flow's own change stays are always named. */
function Difference(props: { workspace: string; flow: string; update: NonNullable<FlowTemplate['update']> }) {
  const { changes, conflicts } = props.update
  const draft = useQuery(draftQuery(props.workspace, props.flow)).data?.document
  const operations = useQuery(catalogQuery).data?.operations
  const nodes = [...changes.nodes.added, ...(draft?.nodes ?? [])]
  const of = (id: string) => nodes.find((node) => node.id === id)
  const list = listChanges(
    changes,
    (id) => of(id)?.name ?? id,
    (id) => of(id)?.operation,
  ).filter(({ kind }) => kind !== 'moved')
  return (
    <>
      {conflicts.length > 0 ? (
        <p>
          You changed the same places, and yours stay:{' '}
          {conflicts.map(({ place }) => sayPlace(place, draft, operations)).join('; ')}.
        </p>
      ) : null}
      {list.length === 0 ? (
        <p>Taking it changes nothing that runs.</p>
      ) : (
        <details className={classes.difference}>
          <summary>See what it would change: {countOf(list.length, 'change')}</summary>
          <div className={classes.list}>
            <ChangeList changes={list} />
          </div>
        </details>
      )}
    </>
  )
}
