import { Checkbox, Textarea } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { EMPTY_FLOW } from '../compare/empty.ts'
import { ChangeList } from '../compare/ChangeList.tsx'
import { changesOf } from '../compare/changes.ts'
import * as approvals from '../approval/api.ts'
import { useAskedFor } from '../approval/AskedFor.tsx'
import { approvalRuleQuery } from '../approval/queries.ts'
import * as api from '../api.ts'
import { clientsQuery } from '../client/requests.ts'
import { Problems } from '../flow/Problems.tsx'
import { countOf } from '../format/number.ts'
import { visible } from '../format/visible.ts'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { flowQuery, versionQuery } from '../queries.ts'
import { ApiError } from '../request.ts'
import { useDraft, useEditor, useProblems } from './context.ts'
import { useAuthors } from './use-authors.ts'
import classes from './Editor.module.css'

/** Makes the draft the live version: what changes, who else's changes are in it, what it does to running work. */
export function PublishDialog({ onClose }: { onClose: () => void }) {
  const editor = useEditor()
  const { workspace, flowId, session } = editor
  const client = useQueryClient()
  const flow = useQuery(flowQuery(workspace, flowId))
  const live = flow.data?.liveVersion ?? null
  const version = useQuery({ ...versionQuery(workspace, flowId, live ?? 0), enabled: live !== null })
  const approving = useQuery(approvalRuleQuery(workspace)).data?.on === true
  const asked = useAskedFor(workspace, flowId)
  const clients = useQuery(clientsQuery(workspace, flowId))
  const affected = (clients.data?.items.length ?? 0) + (clients.data?.hidden ?? 0)
  const names = (clients.data?.items ?? []).map((one) => visible(one.workspace.name))
  const draft = useDraft(session, (snapshot) => snapshot.flow)
  const save = useDraft(session, (snapshot) => snapshot.save)
  const revision = useDraft(session, (snapshot) => snapshot.revision)
  const [summary, setSummary] = useState('')
  const [included, setIncluded] = useState<readonly string[]>([])
  useEffect(() => {
    void session.flush()
  }, [session])
  const publish = useMutation({
    mutationFn: async () => {
      await session.flush()
      const body = { summary: summary.trim(), revision: session.get().revision }
      if (!approving) return (await api.publish(workspace, flowId, body)).version.number
      await approvals.ask(workspace, flowId, body)
      return undefined
    },
    onSuccess: async (number) => {
      onClose()
      editor.say(
        number === undefined
          ? 'Asked. A second person approves it under “Approvals”.'
          : `Version ${number} is published.`,
      )
      await client.invalidateQueries({ queryKey: [workspace, number === undefined ? 'approvals' : 'flows'] })
    },
  })
  const problems = useProblems()
  const errors = problems.filter((problem) => problem.severity === 'error')
  const warnings = problems.filter((problem) => problem.severity === 'warning')
  const before = live === null ? EMPTY_FLOW : version.data?.document
  const changes = before ? changesOf(before, draft) : undefined
  const authors = useAuthors(workspace, flowId, version.data, draft, revision)
  const others = [
    ...Map.groupBy(
      (changes ?? []).filter((change) => change.kind !== 'moved'),
      authors.by,
    ),
  ].flatMap(([who, list]) => (who === undefined ? [] : [{ who, count: list.length }]))
  const left = others.filter(({ who }) => !included.includes(who))
  const none = changes !== undefined && changes.every((change) => change.kind === 'moved')
  const refused =
    publish.error instanceof ApiError ? publish.error.problems.filter((problem) => 'severity' in problem) : []
  return (
    <EffectDialog
      open
      title={approving ? `Ask for ${draft.name} to go live?` : `Publish ${draft.name}?`}
      verb={approving ? 'Ask a second person' : errors.length > 0 ? 'Publish' : `Publish version ${(live ?? 0) + 1}`}
      disabled={
        summary.trim() === '' ||
        errors.length > 0 ||
        none ||
        save.is === 'conflict' ||
        !authors.ready ||
        left.length > 0
      }
      busy={publish.isPending}
      error={publish.error}
      onConfirm={() => publish.mutate()}
      onClose={onClose}
    >
      {errors.length > 0 ? (
        <>
          <p>{countOf(errors.length, 'problem')} must be solved first:</p>
          <Problems problems={errors} />
        </>
      ) : null}
      {none ? <p>The draft does what the live version does already. Only places of steps differ.</p> : null}
      {changes && !none ? (
        <section aria-label="What changes" className={classes.changes}>
          <h3>{live === null ? 'What it begins with' : `What changes since version ${live}`}</h3>
          <ChangeList changes={changes.filter((change) => change.kind !== 'moved')} by={authors.by} />
        </section>
      ) : null}
      {others.map(({ who, count }) => (
        <Checkbox
          key={who}
          label={`Publish ${who}’s ${countOf(count, 'change')} as well`}
          description={`${who} changed this and has not published it. Ask if you are not sure that it is finished.`}
          checked={included.includes(who)}
          onChange={(event) =>
            setIncluded(event.currentTarget.checked ? [...included, who] : included.filter((one) => one !== who))
          }
        />
      ))}
      {asked?.state === 'open' ? (
        <p>
          {asked.mine ? 'You have asked for it' : `${asked.askedBy} has asked for it`} already, “
          {visible(asked.summary)}”.{' '}
          {approving
            ? 'What you ask for now takes the place of that.'
            : 'What you publish now takes the place of that.'}
        </p>
      ) : null}
      {approving ? (
        <p>Somebody who had no part in it looks at it first. Any edit until then makes the request void.</p>
      ) : null}
      <p>
        {flow.data?.enabled
          ? 'The flow is on: its next run uses this version. A run in progress finishes with the version it began with, and so do runs that wait.'
          : 'The flow is off: nothing runs until it is turned on.'}
      </p>
      {affected > 0 ? (
        <p>
          {countOf(affected, 'client')}
          {names.length > 0 ? ` (${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''})` : ''}{' '}
          {affected === 1 ? 'has a flow' : 'have flows'} made of this one. Nothing changes there until you push the
          version to them.
        </p>
      ) : null}
      {warnings.length > 0 ? (
        <>
          <p className="muted">These do not keep you from publishing:</p>
          <Problems problems={warnings} />
        </>
      ) : null}
      {refused.length > 0 ? <Problems problems={refused} /> : null}
      <Textarea
        label="What changed, and why"
        description="One sentence for those who look at this version later."
        required
        autosize
        minRows={2}
        maxLength={500}
        data-autofocus
        value={summary}
        onChange={(event) => setSummary(event.currentTarget.value)}
      />
    </EffectDialog>
  )
}
