import { Button, Stack } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { countOf } from '../format/number.ts'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { Card, Section } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'
import * as api from './api.ts'
import { approvalRuleQuery } from './queries.ts'

/** Whether a second person approves what goes live. */
export function ApprovalRule({ workspace }: { workspace: string }) {
  const client = useQueryClient()
  const { may } = useRights(workspace)
  const rule = useQuery(approvalRuleQuery(workspace))
  const [wanted, setWanted] = useState<boolean>()
  const change = useMutation({
    mutationFn: (on: boolean) => api.changeRule(workspace, { on }),
    onSuccess: async () => {
      setWanted(undefined)
      await client.invalidateQueries({ queryKey: [workspace] })
    },
  })
  return (
    <Section title="Publishing" note="Whether a second person looks at whatever goes live.">
      <Card>
        <Loaded query={rule} rows={2}>
          {({ on, approvers }) => (
            <Stack gap="md">
              <p>
                {on
                  ? `On: what goes live is approved by somebody who had no part in it. ${countOf(approvers, 'person', 'people')} may.`
                  : 'Off: whoever may publish makes a draft live by themselves.'}{' '}
                {on ? (
                  <Link to="/w/$workspace/approvals" params={{ workspace }}>
                    Open the approvals
                  </Link>
                ) : null}
              </p>
              {may('workspace.manage') ? (
                <div>
                  <Button variant="default" onClick={() => setWanted(!on)}>
                    {on ? 'Turn off…' : 'Turn on…'}
                  </Button>
                </div>
              ) : null}
            </Stack>
          )}
        </Loaded>
      </Card>
      <EffectDialog
        open={wanted !== undefined}
        title={wanted ? 'Have a second person approve?' : 'Ask to end the approvals?'}
        verb={wanted ? 'Turn on' : 'Ask for it'}
        keep="Leave it"
        busy={change.isPending}
        error={change.error}
        onConfirm={() => wanted !== undefined && change.mutate(wanted)}
        onClose={() => {
          setWanted(undefined)
          change.reset()
        }}
      >
        <p>
          {wanted
            ? 'From then on nobody publishes alone, owners included, by whatever way: publishing, templates, pushes, going back, connections of flows that are live. What is live stays live.'
            : 'A second person approves that too. Until then everything stays as it is.'}
        </p>
      </EffectDialog>
    </Section>
  )
}
