import { Select, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { FlowView } from '../../server/contract/flows.ts'
import { formSchema } from '../../server/flow/document/form.ts'
import { approvalRuleQuery } from '../approval/queries.ts'
import { fieldsOf, read, type Typed, typedFrom } from '../form/schema.ts'
import { SchemaForm } from '../form/SchemaForm.tsx'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { connectionsQuery, sessionQuery, versionQuery } from '../queries.ts'
import * as requests from './requests.ts'

/** A flow for a client of the live version: in which workspace, with which connections, with which answers. */
export function AddClient({ workspace, flow, onClose }: { workspace: string; flow: FlowView; onClose: () => void }) {
  const cache = useQueryClient()
  const session = useQuery(sessionQuery)
  const live = useQuery(versionQuery(workspace, flow.id, flow.liveVersion ?? 0))
  const [there, setThere] = useState<string | null>(null)
  const [name, setName] = useState(flow.name)
  const [chosen, setChosen] = useState<{ readonly [slot: string]: string }>({})
  const connections = useQuery({ ...connectionsQuery(there ?? ''), enabled: there !== null })
  const approving = useQuery({ ...approvalRuleQuery(there ?? ''), enabled: there !== null }).data?.on === true
  const fields = fieldsOf(formSchema(live.data?.document.form ?? []))
  const [typed, setTyped] = useState<Typed>()
  const [mistakes, setMistakes] = useState<{ readonly [field: string]: string }>({})
  const places = (session.data?.workspaces ?? []).filter(
    ({ permissions, deleteAfter }) => deleteAfter === null && permissions.includes('flows.publish'),
  )
  const slots = Object.entries(live.data?.document.slots ?? {})
  const fitting = (connector: string) => (connections.data?.items ?? []).filter((one) => one.connector === connector)
  // Where there is one account only, nobody has to choose it.
  const bindings = Object.fromEntries(
    slots.flatMap(([slot, { connector }]) => {
      const bound = chosen[slot] ?? (fitting(connector).length === 1 ? fitting(connector)[0]?.id : undefined)
      return bound === undefined ? [] : [[slot, bound]]
    }),
  )
  const add = useMutation({
    mutationFn: (answers: { readonly [field: string]: unknown }) =>
      requests.addClient(workspace, flow.id, { workspace: there ?? '', name, bindings, answers }),
    onSuccess: async () => {
      onClose()
      await cache.invalidateQueries({ queryKey: [workspace, 'flows', flow.id, 'clients'] })
      void cache.invalidateQueries({ queryKey: [there, 'flows'] })
      void cache.invalidateQueries({ queryKey: [there, 'approvals'] })
    },
  })
  const now = typed ?? typedFrom(fields, {})
  return (
    <EffectDialog
      open
      title={`Add a client to ${flow.name}`}
      verb="Add the client"
      disabled={there === null || name.trim() === '' || slots.some(([slot]) => bindings[slot] === undefined)}
      busy={add.isPending}
      error={add.error}
      onConfirm={() => {
        const reading = read(fields, now)
        setMistakes(reading.ok ? {} : reading.mistakes)
        if (reading.ok) add.mutate(reading.values)
      }}
      onClose={onClose}
    >
      <p>
        Version {flow.liveVersion} becomes a flow in the client’s workspace,{' '}
        {approving ? 'off and without a version until a second person there approves it.' : 'published and off.'}
      </p>
      <Loaded query={live} rows={3}>
        {() => (
          <>
            <Select
              label="The client’s workspace"
              placeholder="Choose a workspace"
              data={places.map((one) => ({ value: one.id, label: one.name }))}
              value={there}
              onChange={(id) => {
                setThere(id)
                setChosen({})
              }}
            />
            <TextInput
              label="Name of the flow there"
              maxLength={200}
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
              required
            />
            {there === null
              ? null
              : slots.map(([slot, { connector, title }]) => (
                  <Select
                    key={slot}
                    label={title}
                    placeholder={
                      fitting(connector).length === 0 ? 'No connection of this kind there yet' : 'Choose one'
                    }
                    data={fitting(connector).map((one) => ({ value: one.id, label: one.name }))}
                    value={bindings[slot] ?? null}
                    onChange={(id) => setChosen(id === null ? chosen : { ...chosen, [slot]: id })}
                  />
                ))}
            <SchemaForm fields={fields} typed={now} mistakes={mistakes} onChange={setTyped} />
          </>
        )}
      </Loaded>
    </EffectDialog>
  )
}
