import { Button, FileButton, Group, Modal, Stack } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { FlowView } from '../../server/contract/flows.ts'
import * as api from '../api.ts'
import { Banner } from '../parts/Banner.tsx'
import { ButtonLink } from '../parts/ButtonLink.tsx'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { sayError } from '../parts/say-error.ts'
import { templatesQuery } from '../queries.ts'
import { ApiError } from '../request.ts'
import classes from './NewFlow.module.css'

/**
 * A flow from a template or from a file. It starts as a draft: nothing runs before it is published and turned on.
 * `quiet` where another action on the page comes first.
 */
export function NewFlow({ workspace, quiet = false }: { workspace: string; quiet?: boolean }) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button
        variant={quiet ? 'default' : 'filled'}
        leftSection={<IconPlus size={16} aria-hidden />}
        onClick={() => setOpen(true)}
      >
        New flow
      </Button>
      <Modal
        opened={open}
        onClose={() => setOpen(false)}
        title="New flow"
        size="lg"
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <Choices workspace={workspace} />
      </Modal>
    </>
  )
}

function Choices({ workspace }: { workspace: string }) {
  const navigate = useNavigate()
  const client = useQueryClient()
  const templates = useQuery(templatesQuery(workspace))
  const create = useMutation({
    mutationFn: (make: () => Promise<FlowView>) => make(),
    onSuccess: async (flow) => {
      void client.invalidateQueries({ queryKey: [workspace, 'flows'] })
      await navigate({ to: '/w/$workspace/flows/$flow', params: { workspace, flow: flow.id } })
    },
  })
  return (
    <Stack gap="md">
      <p className="muted">It starts as a draft. Nothing runs before you publish it and turn it on.</p>
      {create.error ? <Refused error={create.error} /> : null}
      <Loaded query={templates} rows={3}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title="No templates here">Import a flow file instead.</EmptyState>
          ) : (
            <ul className={classes.templates}>
              {items.map((template) => (
                <li key={template.id}>
                  <div>
                    <h3>{template.title}</h3>
                    <p className="muted">{template.summary}</p>
                  </div>
                  <Button
                    variant="default"
                    disabled={create.isPending}
                    aria-label={`Use template ${template.title}`}
                    onClick={() => create.mutate(() => api.fromTemplate(workspace, template.id))}
                  >
                    Use
                  </Button>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      <Group justify="flex-end">
        <ButtonLink to="/w/$workspace/templates" params={{ workspace }} variant="default">
          Set one up step by step
        </ButtonLink>
        <FileButton
          accept="application/json,.json"
          onChange={(file) => {
            if (file) create.mutate(async () => api.importFlow(workspace, await file.text()))
          }}
        >
          {(props) => (
            <Button variant="default" loading={create.isPending} {...props}>
              Import a flow file
            </Button>
          )}
        </FileButton>
      </Group>
    </Stack>
  )
}

function Refused({ error }: { error: unknown }) {
  const said = sayError(error)
  return (
    <Banner tone="failed" title={said.title} live>
      {said.detail ? <p>{said.detail}</p> : null}
      {error instanceof ApiError
        ? error.problems.slice(0, 5).map((problem) => <p key={problem.message}>{problem.message}</p>)
        : null}
    </Banner>
  )
}
