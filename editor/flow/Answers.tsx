import { Button, Stack } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { AnswersView } from '../../server/contract/answers.ts'
import * as api from '../api.ts'
import { fieldsOf, read, typedFrom } from '../form/schema.ts'
import { SchemaForm } from '../form/SchemaForm.tsx'
import { Banner } from '../parts/Banner.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Failure } from '../parts/Failure.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { When } from '../parts/When.tsx'
import { answersHistoryQuery, answersQuery } from '../queries.ts'
import { Card, Section } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'

/** What the flow asks, how it is answered, and who answered what. */
export function Answers({ workspace, flow }: { workspace: string; flow: string }) {
  const answers = useQuery(answersQuery(workspace, flow))
  return (
    <Loaded query={answers} rows={4}>
      {(data) =>
        data.form.length === 0 ? (
          <EmptyState title="This flow asks nothing">Its steps say all there is to say.</EmptyState>
        ) : (
          <>
            {/* Somebody else's answers replace what is typed only when it is sent. */}
            <OneForm key={data.revision} workspace={workspace} flow={flow} view={data} />
            <History workspace={workspace} flow={flow} />
          </>
        )
      }
    </Loaded>
  )
}

function OneForm({ workspace, flow, view }: { workspace: string; flow: string; view: AnswersView }) {
  const client = useQueryClient()
  const { closing } = useRights(workspace)
  const fields = fieldsOf(view.schema)
  const mine = fields.filter(({ name }) => !closing && view.mayChange.includes(name))
  const others = fields.filter((field) => !mine.includes(field))
  const [typed, setTyped] = useState(() => typedFrom(fields, view.answers))
  const [mistakes, setMistakes] = useState<{ readonly [field: string]: string }>({})
  const save = useMutation({
    mutationFn: (answers: { readonly [field: string]: unknown }) =>
      api.answer(workspace, flow, { revision: view.revision, answers: { ...view.answers, ...answers } }),
    onSuccess: async () => {
      notifications.show({ message: 'Saved. The next run goes by it.' })
      await client.invalidateQueries({ queryKey: [workspace, 'flows', flow] })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const reading = read(mine, typed)
    setMistakes(reading.ok ? {} : reading.mistakes)
    if (reading.ok) save.mutate(reading.values)
  }
  return (
    <Card form>
      <form onSubmit={submit}>
        <Stack gap="md">
          {view.problems.map((problem) => (
            <Banner key={problem.message} tone="attention" title={problem.message} />
          ))}
          <SchemaForm fields={mine} typed={typed} mistakes={mistakes} onChange={setTyped} />
          {others.map(({ name, title, default: usual }) => (
            <p key={name}>
              {title}: <strong>{say(view.answers[name] ?? usual)}</strong>
              {closing ? null : <span className="muted"> · for a consultant to change</span>}
            </p>
          ))}
          <Failure error={save.error} />
          {mine.length > 0 ? (
            <Button type="submit" loading={save.isPending} style={{ alignSelf: 'flex-start' }}>
              Save settings
            </Button>
          ) : null}
        </Stack>
      </form>
    </Card>
  )
}

function History({ workspace, flow }: { workspace: string; flow: string }) {
  const history = useQuery(answersHistoryQuery(workspace, flow))
  return (
    <Section title="Who changed what">
      <Loaded query={history} rows={2}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="muted">Nobody has changed anything yet: all settings are the defaults.</p>
          ) : (
            <ul>
              {items.map((item) => (
                <li key={item.revision}>
                  {item.changes
                    .map(({ title, before, after }) => `${title}: ${say(before)} → ${say(after)}`)
                    .join('; ') || 'Nothing'}
                  <span className="muted">
                    {' · '}
                    {item.author}, <When at={item.at} />
                  </span>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Section>
  )
}

/** An answer in a sentence. */
function say(value: unknown): string {
  if (value === undefined) return 'the default'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ')
  return String(value)
}
