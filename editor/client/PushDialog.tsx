import { Button, Modal, Select, Stack, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { ClientPreview, ClientResult, ClientView } from '../../server/contract/clients.ts'
import type { FlowView } from '../../server/contract/flows.ts'
import { countOf } from '../format/number.ts'
import { Banner } from '../parts/Banner.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { sayError } from '../parts/say-error.ts'
import { versionsQuery } from '../queries.ts'
import { PushedClient } from './PushedClient.tsx'
import * as requests from './requests.ts'

const keyOf = ({ workspace, flow }: { workspace: string; flow: string }) => `${workspace} ${flow}`

/** Which version, what it changes at each client, what a dry run there counts; then the push, and what became of it. */
export function PushDialog(props: {
  workspace: string
  flow: FlowView
  clients: readonly ClientView[]
  onClose: () => void
  onDone: () => void
}) {
  const { workspace, flow } = props
  const cache = useQueryClient()
  const [clients] = useState(() => props.clients.map((one) => ({ workspace: one.workspace.id, flow: one.flow.id })))
  const [version, setVersion] = useState(flow.liveVersion ?? 1)
  const [summary, setSummary] = useState('')
  const versions = useQuery(versionsQuery(workspace, flow.id))
  const preview = useQuery({
    queryKey: [workspace, 'flows', flow.id, 'clients', 'preview', version, clients.map(keyOf).join()],
    queryFn: ({ signal }) => requests.previewPush(workspace, flow.id, { version, clients }, { signal }),
    staleTime: 0,
  })
  const trial = useMutation({ mutationFn: () => requests.tryPush(workspace, flow.id, { version, clients }) })
  const ready = (preview.data?.items ?? []).filter(({ refusals }) => refusals.length === 0)
  const push = useMutation({
    mutationFn: () =>
      requests.push(workspace, flow.id, {
        version,
        summary: summary.trim(),
        clients: ready.map((one) => ({
          ...{ workspace: one.workspace, flow: one.flow, live: one.live },
          revision: one.revision ?? 0,
        })),
      }),
    onSuccess: async () => {
      props.onDone()
      await cache.invalidateQueries({ queryKey: [workspace, 'flows', flow.id, 'clients'], exact: true })
      for (const one of clients) void cache.invalidateQueries({ queryKey: [one.workspace, 'flows'] })
    },
  })
  const results = push.data?.items
  return (
    <Modal
      opened
      onClose={props.onClose}
      size="xl"
      title={`Push a version of ${flow.name} to ${countOf(clients.length, 'client')}`}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {results ? (
        <Done results={results} onClose={props.onClose} />
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault()
            if (ready.length > 0 && summary.trim() !== '' && !push.isPending) push.mutate()
          }}
        >
          <Stack gap="md">
            <Select
              label="Version"
              allowDeselect={false}
              data={(versions.data?.items ?? []).map((one) => ({
                value: String(one.number),
                label: `Version ${one.number}${one.live ? ', live' : ''}: ${one.summary}`,
              }))}
              value={String(version)}
              onChange={(chosen) => {
                trial.reset()
                setVersion(Number(chosen))
              }}
            />
            <p>
              Their connections, answers and own changes stay. A run in progress finishes with the version it began
              with.
            </p>
            <Loaded query={preview} rows={3}>
              {({ items }) => (
                <>
                  {items.map((one: ClientPreview) => (
                    <PushedClient
                      key={keyOf(one)}
                      client={one}
                      trial={trial.data?.items.find((tried) => keyOf(tried) === keyOf(one))}
                    />
                  ))}
                </>
              )}
            </Loaded>
            <div>
              <Button
                variant="default"
                loading={trial.isPending}
                disabled={ready.length === 0}
                onClick={() => trial.mutate()}
              >
                Try it at each without sending
              </Button>
            </div>
            <TextInput
              label="What is new, in one line"
              description="Stands in each client’s list of versions."
              maxLength={400}
              value={summary}
              onChange={(event) => setSummary(event.currentTarget.value)}
              required
            />
            {[trial.error, push.error].map((error) =>
              error ? (
                <Banner key={sayError(error).title} tone="failed" title={sayError(error).title} live>
                  <p>{sayError(error).detail}</p>
                </Banner>
              ) : null,
            )}
            <Button type="submit" loading={push.isPending} disabled={ready.length === 0 || summary.trim() === ''}>
              {ready.length > 0 && ready.every(({ approval }) => approval)
                ? `Ask for version ${version} at ${countOf(ready.length, 'client')}`
                : `Push version ${version} to ${countOf(ready.length, 'client')}`}
            </Button>
          </Stack>
        </form>
      )}
    </Modal>
  )
}

function Done({ results, onClose }: { results: readonly ClientResult[]; onClose: () => void }) {
  const pushed = results.filter(({ outcome }) => outcome === 'pushed')
  const asked = results.filter(({ outcome }) => outcome === 'asked')
  const done = pushed.length + asked.length === results.length
  return (
    <Stack gap="md">
      <Banner
        tone={done ? 'running' : 'attention'}
        title={`Pushed to ${pushed.length} of ${countOf(results.length, 'client')}${asked.length > 0 ? `, asked for at ${asked.length}` : ''}`}
        live
      >
        <ul>
          {results.map((one) => (
            <li key={keyOf(one)}>
              {one.name || 'A client'}: {one.outcome === 'pushed' ? `version ${one.number} there is live` : null}
              {one.outcome === 'asked' && one.approval ? (
                <Link
                  to="/w/$workspace/approvals/$approval"
                  params={{ workspace: one.workspace, approval: one.approval }}
                >
                  waits for a second person there
                </Link>
              ) : (
                one.reason
              )}
            </li>
          ))}
        </ul>
      </Banner>
      <Button onClick={onClose}>Close</Button>
    </Stack>
  )
}
