import { Button, Radio, Stack } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { TraceSettings } from '../../server/contract/traces.ts'
import * as api from '../api.ts'
import { sayCount } from '../format/number.ts'
import { Banner } from '../parts/Banner.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { sayError } from '../parts/say-error.ts'
import { tracesQuery } from '../queries.ts'
import { Card, Section } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'

const CLASSES = [
  { name: 'short', title: 'Short' },
  { name: 'standard', title: 'Standard' },
  { name: 'long', title: 'Long' },
] as const

/** How long traces of runs are kept: all may see it, owners choose. */
export function TraceClass({ workspace }: { workspace: string }) {
  const traces = useQuery(tracesQuery(workspace))
  return (
    <Section
      title="Traces of runs"
      note="What went through each step is personal data: keep it as long as you need it to explain, and no longer."
    >
      <Loaded query={traces} rows={3}>
        {(shown) => <Choose key={shown.traceClass} workspace={workspace} traces={shown} />}
      </Loaded>
    </Section>
  )
}

function Choose({ workspace, traces }: { workspace: string; traces: TraceSettings }) {
  const client = useQueryClient()
  const { may, closing } = useRights(workspace)
  const [chosen, setChosen] = useState(traces.traceClass)
  const change = useMutation({
    mutationFn: () => api.changeTraces(workspace, { traceClass: chosen }),
    onSuccess: (changed) => client.setQueryData(tracesQuery(workspace).queryKey, changed),
  })
  const mayChange = may('workspace.manage')
  const failed = change.error ? sayError(change.error) : undefined
  return (
    <Card>
      <Stack align="flex-start">
        <Radio.Group
          label="How long they are kept"
          description="Counts for runs from now on; earlier ones keep the class they had. Contents of hook events go with the records."
          value={chosen}
          onChange={(name) => setChosen(CLASSES.find((one) => one.name === name)?.name ?? chosen)}
        >
          <Stack gap="xs" mt="xs">
            {CLASSES.map(({ name, title }) => (
              <Radio
                key={name}
                value={name}
                disabled={!mayChange}
                label={title}
                description={sayKept(traces.classes[name])}
              />
            ))}
          </Stack>
        </Radio.Group>
        {failed ? (
          <Banner tone="failed" title={failed.title} live>
            <p>{failed.detail}</p>
          </Banner>
        ) : null}
        {mayChange ? (
          <Button onClick={() => change.mutate()} disabled={chosen === traces.traceClass} loading={change.isPending}>
            Change how long
          </Button>
        ) : (
          <p className="muted">
            {closing
              ? 'It stays as it is while the workspace is being closed.'
              : 'An owner of the workspace can change it.'}
          </p>
        )}
      </Stack>
    </Card>
  )
}

const sayKept = ({ records, steps }: TraceSettings['classes']['short']): string =>
  `Records for ${sayDays(records)}; what each step did, with its counts and times, for ${sayDays(steps)}.`

const sayDays = (days: number): string => `${sayCount(days)} ${days === 1 ? 'day' : 'days'}`
