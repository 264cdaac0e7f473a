import { Radio, Select, Stack } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { AdoptPreview } from '../../server/contract/clients.ts'
import type { FlowView } from '../../server/contract/flows.ts'
import * as api from '../api.ts'
import { ChangeList } from '../compare/ChangeList.tsx'
import { listChanges } from '../compare/changes.ts'
import { countOf } from '../format/number.ts'
import { visible } from '../format/visible.ts'
import { Banner } from '../parts/Banner.tsx'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { connectionsQuery, sessionQuery, versionsQuery } from '../queries.ts'
import * as requests from './requests.ts'

type Differences = 'keep' | 'take'

/** Ties a flow that a client already has to this one, after showing how the two differ. Nothing runs differently. */
export function AdoptClient({ workspace, flow, onClose }: { workspace: string; flow: FlowView; onClose: () => void }) {
  const cache = useQueryClient()
  const session = useQuery(sessionQuery)
  const [there, setThere] = useState<string | null>(null)
  const [theirs, setTheirs] = useState<string | null>(null)
  const [version, setVersion] = useState(flow.liveVersion ?? 1)
  const [differences, setDifferences] = useState<Differences>('keep')
  const [chosen, setChosen] = useState<{ readonly [slot: string]: string }>({})
  const places = (session.data?.workspaces ?? []).filter(
    ({ permissions, deleteAfter }) => deleteAfter === null && permissions.includes('flows.publish'),
  )
  const versions = useQuery(versionsQuery(workspace, flow.id))
  const flows = useQuery({
    queryKey: [there, 'flows', 'to adopt'],
    queryFn: ({ signal }) => api.flows(there ?? '', { signal }),
    enabled: there !== null,
  })
  const place = there !== null && theirs !== null ? { workspace: there, flow: theirs } : undefined
  const look = useQuery({
    queryKey: [workspace, 'flows', flow.id, 'clients', 'adopt', version, there, theirs],
    queryFn: ({ signal }) =>
      requests.previewAdoption(workspace, flow.id, { version, workspace: there ?? '', flow: theirs ?? '' }, { signal }),
    enabled: place !== undefined,
    staleTime: 0,
    retry: false,
  })
  const seen = look.data
  const bindings = Object.fromEntries(
    (seen?.slots ?? []).flatMap(({ slot, connection }) => {
      const bound = chosen[slot] ?? connection
      return bound === null ? [] : [[slot, bound]]
    }),
  )
  const adopt = useMutation({
    mutationFn: (found: AdoptPreview) =>
      requests.adopt(workspace, flow.id, {
        ...{ workspace: found.workspace, flow: found.flow, version, differences, bindings },
        ...{ live: found.live, revision: found.revision },
      }),
    onSuccess: async () => {
      onClose()
      await cache.invalidateQueries({ queryKey: [workspace, 'flows', flow.id, 'clients'], exact: true })
      void cache.invalidateQueries({ queryKey: [there, 'flows'] })
    },
    // Somebody may have saved there: what they look at then is what it is now.
    onError: () => void look.refetch(),
  })
  return (
    <EffectDialog
      open
      title={`Adopt a flow as a client of ${flow.name}`}
      verb="Adopt it"
      disabled={seen === undefined || look.isFetching || seen.refusals.length > 0}
      busy={adopt.isPending}
      error={adopt.error}
      onConfirm={() => seen && adopt.mutate(seen)}
      onClose={onClose}
    >
      <p>Nothing runs differently there: connections, answers, the draft and what is live stay as they are.</p>
      <Select
        label="The client’s workspace"
        placeholder="Choose a workspace"
        data={places.map((one) => ({ value: one.id, label: one.name }))}
        value={there}
        onChange={(id) => {
          setThere(id)
          setTheirs(null)
        }}
      />
      <Select
        label="The flow there"
        placeholder={flows.data?.items.length === 0 ? 'No flow there' : 'Choose a flow'}
        disabled={there === null}
        searchable
        data={(flows.data?.items ?? [])
          .filter(({ id, archivedAt }) => archivedAt === null && !(there === workspace && id === flow.id))
          .map(({ id, name }) => ({ value: id, label: visible(name) }))}
        value={theirs}
        onChange={(id) => {
          setTheirs(id)
          setChosen({})
        }}
      />
      <Select
        label="Beside which version"
        description="The one that it resembles most."
        allowDeselect={false}
        data={(versions.data?.items ?? []).map((one) => ({
          value: String(one.number),
          label: `Version ${one.number}${one.live ? ', live' : ''}: ${one.summary}`,
        }))}
        value={String(version)}
        onChange={(number) => setVersion(Number(number))}
      />
      {place === undefined ? null : (
        <Loaded query={look} rows={3}>
          {(found) => (
            <Seen
              found={found}
              version={version}
              differences={differences}
              onDifferences={setDifferences}
              bindings={bindings}
              onBind={(slot, connection) => setChosen({ ...chosen, [slot]: connection })}
            />
          )}
        </Loaded>
      )}
    </EffectDialog>
  )
}

function Seen(props: {
  found: AdoptPreview
  version: number
  differences: Differences
  onDifferences: (how: Differences) => void
  bindings: { readonly [slot: string]: string }
  onBind: (slot: string, connection: string) => void
}) {
  const { found, version, differences } = props
  const connections = useQuery(connectionsQuery(found.workspace))
  const changes = listChanges(found.changes).filter((one) => one.kind !== 'moved')
  if (found.refusals.length > 0) {
    return (
      <Banner tone="failed" title="It cannot be adopted" live>
        {found.refusals.map(({ message }) => (
          <p key={message}>{message}</p>
        ))}
      </Banner>
    )
  }
  return (
    <Stack gap="sm">
      {found.tied === null ? null : (
        <Banner tone="attention" title={`It was made of “${visible(found.tied)}”`}>
          <p>That ends: newer versions of it are not offered there any more.</p>
        </Banner>
      )}
      <details open={changes.length <= 5}>
        <summary>
          {changes.length === 0
            ? `It runs as version ${version} does`
            : `${countOf(changes.length, 'difference')}, from what is there to version ${version}`}
        </summary>
        <ChangeList changes={changes} />
      </details>
      <Radio.Group
        label="What becomes of the differences?"
        value={differences}
        onChange={(how) => props.onDifferences(how === 'take' ? 'take' : 'keep')}
      >
        <Stack gap="xs" mt="xs">
          <Radio
            value="keep"
            label="They are the client’s own"
            description="Each push brings only what is new, and leaves them."
          />
          <Radio
            value="take"
            label="The next push takes this flow as it is"
            description="It is shown before, with a dry run. Connections, answers and name stay."
          />
        </Stack>
      </Radio.Group>
      {differences === 'take' && found.fresh.length > 0 ? (
        <p>
          {found.fresh.map((name) => `“${visible(name)}”`).join(', ')} {found.fresh.length === 1 ? 'is' : 'are'} new
          there, and would read from the beginning. Try the push without sending first: what was sent before is not sent
          again.
        </p>
      ) : null}
      {found.slots.map(({ slot, connector, title }) => {
        const fitting = (connections.data?.items ?? []).filter((one) => one.connector === connector)
        return (
          <Select
            key={slot}
            label={title}
            description="The flow there has no such account yet."
            placeholder={fitting.length === 0 ? 'No connection of this kind there yet' : 'Choose one'}
            data={fitting.map((one) => ({ value: one.id, label: one.name }))}
            value={props.bindings[slot] ?? null}
            onChange={(id) => id !== null && props.onBind(slot, id)}
          />
        )
      })}
      {found.unanswered.length > 0 ? (
        <p>Before a push, these need an answer there: {found.unanswered.join(' ')}</p>
      ) : null}
    </Stack>
  )
}
