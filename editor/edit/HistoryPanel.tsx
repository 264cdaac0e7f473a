import { Button, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import * as api from '../api.ts'
import { Loaded } from '../parts/Loaded.tsx'
import { sayError } from '../parts/say-error.ts'
import { When } from '../parts/When.tsx'
import { flowQuery, versionsQuery } from '../queries.ts'
import { useDraft, useEditor } from './context.ts'
import classes from './Editor.module.css'

/** The way back: what can be undone here, who worked on the draft before, and the published versions. */
export function HistoryPanel() {
  const editor = useEditor()
  const { workspace, flowId, session } = editor
  const client = useQueryClient()
  const past = useDraft(session, ({ history }) => history.past)
  const revision = useDraft(session, (snapshot) => snapshot.revision)
  const readOnly = useDraft(session, (snapshot) => snapshot.readOnly) || !editor.mayEdit
  const flow = useQuery(flowQuery(workspace, flowId))
  const versions = useQuery(versionsQuery(workspace, flowId))
  const key = [workspace, 'flows', flowId, 'sessions']
  const sessions = useQuery({
    queryKey: [...key, revision],
    queryFn: ({ signal }) => api.draftSessions(workspace, flowId, { signal }),
    placeholderData: (before) => before,
  })
  const [name, setName] = useState('')
  const naming = useMutation({
    mutationFn: async () => {
      await session.flush()
      return api.nameDraft(workspace, flowId, name.trim())
    },
    onSuccess: async () => {
      setName('')
      await client.invalidateQueries({ queryKey: key })
    },
  })
  const back = useMutation({
    mutationFn: async (to: { session: number } | { version: number }) => {
      const { document } =
        'session' in to
          ? await api.draftSession(workspace, flowId, to.session)
          : await api.version(workspace, flowId, to.version)
      const what = 'session' in to ? 'go back in the history' : `go back to version ${to.version}`
      editor.act({ do: 'become', flow: document, what })
    },
    onError: (error) => editor.say(sayError(error).title, 'attention'),
  })
  const live = flow.data?.liveVersion
  return (
    <div className={classes.list}>
      {past.length > 0 ? (
        <section aria-label="Since you opened it">
          <h3>Since you opened it</h3>
          <ol className={classes.plain}>
            {past
              .slice(-8)
              .reverse()
              .map((entry, place) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: the same thing may have been done twice
                <li key={place}>{entry.label}</li>
              ))}
          </ol>
        </section>
      ) : null}
      {readOnly ? null : (
        <form
          className={classes.naming}
          onSubmit={(event) => {
            event.preventDefault()
            if (name.trim() !== '') naming.mutate()
          }}
        >
          <TextInput
            label="Name this moment"
            size="xs"
            maxLength={200}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Button
            type="submit"
            size="compact-sm"
            variant="default"
            loading={naming.isPending}
            disabled={name.trim() === ''}
          >
            Keep
          </Button>
        </form>
      )}
      <section aria-label="Work on the draft">
        <h3>Work on the draft</h3>
        <Loaded query={sessions} rows={3}>
          {({ items }) =>
            items.length === 0 ? (
              <p className="muted">Nobody has saved anything yet.</p>
            ) : (
              <ol className={classes.moments}>
                {items.map((one) => (
                  <li key={one.number}>
                    <span>
                      <strong>{one.name ?? one.author}</strong>
                      <span className="muted">
                        {one.name ? `${one.author} · ` : ''}
                        <When at={one.endedAt} />
                      </span>
                    </span>
                    {readOnly || one.lastRevision === revision ? null : (
                      <Button size="compact-xs" variant="subtle" onClick={() => back.mutate({ session: one.number })}>
                        Back to this
                      </Button>
                    )}
                  </li>
                ))}
              </ol>
            )
          }
        </Loaded>
      </section>
      <section aria-label="Published versions">
        <h3>Published versions</h3>
        <Loaded query={versions} rows={3}>
          {({ items }) =>
            items.length === 0 ? (
              <p className="muted">Nothing is published yet.</p>
            ) : (
              <ol className={classes.moments}>
                {items.map((one) => (
                  <li key={one.number}>
                    <span>
                      <strong>
                        Version {one.number}
                        {one.number === live ? ' · live' : ''}
                      </strong>
                      <span>{one.summary}</span>
                      <span className="muted">
                        {one.author} · <When at={one.createdAt} />
                      </span>
                      <Link
                        to="/w/$workspace/flows/$flow/compare"
                        params={{ workspace, flow: flowId }}
                        search={{ a: String(one.number), b: 'draft' }}
                      >
                        Compare with the draft
                      </Link>
                    </span>
                    {readOnly ? null : (
                      <Button size="compact-xs" variant="subtle" onClick={() => back.mutate({ version: one.number })}>
                        {one.number === live ? 'Discard changes since' : 'Back to this'}
                      </Button>
                    )}
                  </li>
                ))}
              </ol>
            )
          }
        </Loaded>
      </section>
    </div>
  )
}
