import { Button, Select, Stack, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import type { TemplateView } from '../../server/contract/templates.ts'
import * as api from '../api.ts'
import { approvalRuleQuery } from '../approval/queries.ts'
import { type Field, fieldsOf, read, typedFrom } from '../form/schema.ts'
import { SchemaForm } from '../form/SchemaForm.tsx'
import { Banner } from '../parts/Banner.tsx'
import { sayError } from '../parts/say-error.ts'
import { connectionsQuery } from '../queries.ts'
import { WhatIf } from './WhatIf.tsx'

/** Connections, answers, then a dry run that shows what would be sent. The flow stays off until somebody turns it on. */
export function InstallForm({ workspace, template }: { workspace: string; template: TemplateView }) {
  const navigate = useNavigate()
  const client = useQueryClient()
  const approving = useQuery(approvalRuleQuery(workspace)).data?.on === true
  const connections = useQuery(connectionsQuery(workspace))
  const fields = marked(fieldsOf(template.schema), template)
  const [name, setName] = useState(template.title)
  const [chosen, setChosen] = useState<{ readonly [slot: string]: string }>({})
  const [typed, setTyped] = useState(() => typedFrom(fields, {}))
  const [mistakes, setMistakes] = useState<{ readonly [field: string]: string }>({})
  const fitting = (connector: string) => (connections.data?.items ?? []).filter((one) => one.connector === connector)
  // Where there is one account only, nobody has to choose it.
  const bindings = Object.fromEntries(
    template.slots.flatMap(({ slot, connector }) => {
      const bound = chosen[slot] ?? (fitting(connector).length === 1 ? fitting(connector)[0]?.id : undefined)
      return bound === undefined ? [] : [[slot, bound]]
    }),
  )
  // Where the flow is made and only its dry run is refused, another try makes no second flow.
  const [made, setMade] = useState<{ readonly id: string; readonly liveVersion: number | null }>()
  const install = useMutation({
    mutationFn: async (answers: { readonly [field: string]: unknown }) => {
      const flow = made ?? (await api.install(workspace, template.id, { name, bindings, answers }))
      setMade(flow)
      void client.invalidateQueries({ queryKey: [workspace, 'flows'] })
      void client.invalidateQueries({ queryKey: [workspace, 'approvals'] })
      // What waits for a second person is tried as it is drawn.
      return api.dryRun(workspace, flow.id, flow.liveVersion === null ? { of: 'draft' } : {})
    },
    onSuccess: (run) => navigate({ to: '/w/$workspace/runs/$run', params: { workspace, run: run.id } }),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const reading = read(fields, typed)
    setMistakes(reading.ok ? {} : reading.mistakes)
    if (reading.ok) install.mutate(reading.values)
  }
  // What cannot be read yet is said when the form is sent.
  const reading = read(fields, typed)
  const unbound = template.slots.filter(({ slot }) => bindings[slot] === undefined)
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <TextInput label="Name" value={name} onChange={(event) => setName(event.currentTarget.value)} required />
        {template.slots.map(({ slot, connector, title }) => (
          <div key={slot}>
            <Select
              label={title}
              placeholder={fitting(connector).length === 0 ? 'No connection of this kind yet' : 'Choose a connection'}
              data={fitting(connector).map((one) => ({ value: one.id, label: one.name }))}
              value={bindings[slot] ?? null}
              onChange={(id) => setChosen(id === null ? chosen : { ...chosen, [slot]: id })}
            />
            {fitting(connector).length === 0 && connections.data ? (
              <Link to="/w/$workspace/connections/new" params={{ workspace }} search={{ connector }}>
                New connection
              </Link>
            ) : null}
          </div>
        ))}
        <SchemaForm fields={fields} typed={typed} mistakes={mistakes} onChange={setTyped} />
        <WhatIf
          workspace={workspace}
          template={template}
          bindings={bindings}
          answers={reading.ok ? reading.values : undefined}
        />
        {install.error ? (
          <Banner
            tone="failed"
            title={made ? 'The flow is set up, but its dry run did not begin' : sayError(install.error).title}
            live
          >
            <p>
              {made ? `${sayError(install.error).title}. ` : ''}
              {sayError(install.error).detail}
            </p>
            {made ? (
              <p>
                <Link to="/w/$workspace/flows/$flow" params={{ workspace, flow: made.id }}>
                  Open the flow
                </Link>
                , where its settings and connections can be changed, or try the dry run again here.
              </p>
            ) : null}
          </Banner>
        ) : null}
        {connections.error ? (
          <Banner tone="failed" title="The connections could not be loaded" live>
            <p>{sayError(connections.error).detail}</p>
          </Banner>
        ) : null}
        <div>
          <Button type="submit" loading={install.isPending} disabled={unbound.length > 0 || name.trim() === ''}>
            {made ? 'Try it again' : 'Set up and try it'}
          </Button>
          <p className="muted" aria-live="polite">
            {install.isPending
              ? made
                ? 'The flow is set up. Its dry run begins…'
                : 'Setting up the flow…'
              : connections.data && unbound.length > 0
                ? `Choose a connection for ${unbound.map(({ title }) => `“${title}”`).join(' and ')} first.`
                : approving
                  ? 'A second person approves it before it can be turned on. The dry run reads and compares for real, and sends nothing.'
                  : 'It stays off. The dry run reads and compares for real, and sends nothing.'}
          </p>
        </div>
      </Stack>
    </form>
  )
}

/** Says of each question whether the client may answer it anew later. */
function marked(fields: readonly Field[], { form }: TemplateView): readonly Field[] {
  const ofClient = new Set(form.filter(({ client }) => client).map(({ name }) => name))
  return fields.map((field) =>
    ofClient.has(field.name)
      ? { ...field, description: [field.description, 'The client may change it.'].filter(Boolean).join(' ') }
      : field,
  )
}
