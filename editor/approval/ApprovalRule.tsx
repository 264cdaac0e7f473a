import { Button, Stack } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { countOf } from '../format/number.ts'
import type { ApprovalRule as Rule } from '../../server/contract/approvals.ts'
import { visible } from '../format/visible.ts'
import { Banner } from '../parts/Banner.tsx'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { Card, Section } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'
import * as api from './api.ts'
import { approvalRuleQuery } from './queries.ts'
import { useApprovals } from './use-approvals.ts'

/** Whether a second person approves what goes live. */
export function ApprovalRule({ workspace }: { workspace: string }) {
  const client = useQueryClient()
  const { may } = useRights(workspace)
  const rule = useQuery(approvalRuleQuery(workspace))
  const ending = useApprovals(workspace).find((one) => one.kind === 'rule' && one.state === 'open')
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
          {({ on, approvers, people }) => (
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
              {on ? <OneHand people={people} /> : null}
              {ending ? (
                <p role="status">
                  {ending.mine ? 'You have asked' : `${ending.askedBy} has asked`} that it end; a second person decides.{' '}
                  <Link to="/w/$workspace/approvals/$approval" params={{ workspace, approval: ending.id }}>
                    Open the request
                  </Link>
                </p>
              ) : may('workspace.manage') ? (
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
        {wanted && rule.data ? <WhoForWhom people={rule.data.people} /> : null}
      </EffectDialog>
    </Section>
  )
}

/** Before it is turned on: who could approve for whom, and who could not, and why. */
function WhoForWhom({ people }: { people: Rule['people'] }) {
  const nameOf = (id: string) => visible(people.find((one) => one.id === id)?.name ?? '')
  return (
    <>
      {people.every((one) => one.for.length === 0) ? (
        <p>
          <strong>As it stands nobody could approve for anybody, so it cannot be turned on yet.</strong>
        </p>
      ) : null}
      <ul aria-label="Who could approve for whom">
        {people.map((one) => (
          <li key={one.id}>
            <strong>{visible(one.name)}</strong>{' '}
            {one.for.length === 0
              ? 'could approve for nobody.'
              : one.for.length === people.length - 1
                ? 'could approve for all others.'
                : `could approve for ${one.for.map(nameOf).join(', ')}.`}
          </li>
        ))}
      </ul>
      <OneHand people={people} />
    </>
  )
}

/** Who counts as somebody else, by the link they came in with, and what ends it. Nothing where nobody does. */
function OneHand({ people }: { people: Rule['people'] }) {
  const taken = people.filter((one) => one.why !== null)
  if (taken.length === 0) return null
  return (
    <Banner tone="attention" title={`${countOf(taken.length, 'person', 'people')} may be somebody else here`}>
      {taken.map((one) => (
        <p key={one.id}>{visible(one.why ?? '')}</p>
      ))}
    </Banner>
  )
}
