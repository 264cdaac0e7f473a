import { Button, Stack, Textarea } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { PolicyPage } from '../../server/contract/answers.ts'
import type { ConfirmedRule } from '../../server/flow/document/policy.ts'
import * as api from '../api.ts'
import { fieldsOf, read, typedFrom } from '../form/schema.ts'
import { SchemaForm } from '../form/SchemaForm.tsx'
import { Banner } from '../parts/Banner.tsx'
import { Failure } from '../parts/Failure.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { When } from '../parts/When.tsx'
import { policyQuery } from '../queries.ts'
import { Card, Page, Section } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'

const route = getRouteApi('/w/$workspace/policy')

/** When an order counts: in words, who goes by it, who changed it and why. */
export function Policy() {
  const { workspace } = route.useParams()
  const policy = useQuery(policyQuery(workspace))
  const { may } = useRights(workspace)
  return (
    <Page
      title="When an order counts"
      sentence="One rule for all flows of this workspace. Marketing sees only what counts by it."
      reading
      above={
        <Link to="/w/$workspace/settings" params={{ workspace }}>
          Settings
        </Link>
      }
    >
      <Loaded query={policy} rows={4}>
        {(data) => (
          <>
            <Card>
              <p>{data.current.sentence}</p>
              <p className="muted">
                Version {data.current.version}
                {data.current.author ? (
                  <>
                    {' '}
                    by {data.current.author}
                    {data.current.at ? (
                      <>
                        , <When at={data.current.at} />
                      </>
                    ) : null}
                    : {data.current.reason}
                  </>
                ) : (
                  ', Tieline’s default'
                )}
              </p>
            </Card>
            <Section title="Flows that follow it">
              {data.flows.length === 0 ? (
                <p className="muted">None yet.</p>
              ) : (
                <ul>
                  {data.flows.map(({ id, name, enabled }) => (
                    <li key={id}>
                      <Link to="/w/$workspace/flows/$flow" params={{ workspace, flow: id }}>
                        {name}
                      </Link>
                      {enabled ? '' : ' (off)'}
                    </li>
                  ))}
                </ul>
              )}
            </Section>
            {may('policy.edit') ? (
              <Section title="Change it">
                <Change key={data.current.version} workspace={workspace} page={data} />
              </Section>
            ) : null}
            <Section title="All versions">
              <ul>
                {data.versions.map(({ version, sentence, author, reason, at }) => (
                  <li key={version}>
                    {version}: {sentence}{' '}
                    <span className="muted">
                      {author ? (
                        <>
                          {author}, <When at={at} />: {reason}
                        </>
                      ) : (
                        reason
                      )}
                    </span>
                  </li>
                ))}
              </ul>
            </Section>
          </>
        )}
      </Loaded>
    </Page>
  )
}

function Change({ workspace, page }: { workspace: string; page: PolicyPage }) {
  const client = useQueryClient()
  const fields = fieldsOf(page.schema)
  const { current } = page
  const [typed, setTyped] = useState(() => typedFrom(fields, { ...current.rule }))
  const [reason, setReason] = useState('')
  const reading = read(fields, typed)
  // Fields and their kinds come from the rule's own schema; the server has the last word.
  const rule = reading.ok ? ({ ...current.rule, ...reading.values } as ConfirmedRule) : undefined
  const asked = JSON.stringify(rule)
  const effect = useQuery({
    queryKey: [workspace, 'policy', 'effect', current.version, asked],
    queryFn: () =>
      api.changePolicy(workspace, { rule: rule ?? current.rule, reason: '', version: current.version, dry: true }),
    enabled: rule !== undefined && asked !== JSON.stringify(current.rule),
    retry: false,
  })
  const save = useMutation({
    mutationFn: (wanted: ConfirmedRule) =>
      api.changePolicy(workspace, { rule: wanted, reason, version: current.version }),
    onSuccess: () => client.invalidateQueries({ queryKey: [workspace, 'policy'] }),
  })
  const follows = effect.data?.effect ?? []
  const failed = save.error ?? effect.error
  return (
    <Stack gap="md">
      <SchemaForm fields={fields} typed={typed} mistakes={reading.ok ? {} : reading.mistakes} onChange={setTyped} />
      {follows.length > 0 ? (
        <Banner tone="attention" title="What follows" live>
          {follows.map((says) => (
            <p key={says}>{says}</p>
          ))}
        </Banner>
      ) : null}
      <Textarea
        label="Why"
        required
        description="Kept with the new version."
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <Failure error={failed} />
      <Button
        loading={save.isPending}
        style={{ alignSelf: 'flex-start' }}
        disabled={follows.length === 0 || reason.trim() === '' || rule === undefined}
        onClick={() => rule && save.mutate(rule)}
      >
        Make version {current.version + 1}
      </Button>
    </Stack>
  )
}
