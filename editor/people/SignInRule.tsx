import { Button, Checkbox, Stack } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { SignInRuleView } from '../../server/contract/proofs.ts'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { Card, Section } from '../shell/Page.tsx'
import { useRights } from '../shell/use-rights.ts'
import * as api from './api.ts'
import { signInRuleQuery, waysQuery } from './queries.ts'

/** What a workspace asks of everybody who comes in. Owners change it; the others see it. */
export function SignInRule({ workspace }: { workspace: string }) {
  const rule = useQuery(signInRuleQuery(workspace))
  return (
    <Section
      title="How people have to sign in"
      note="It counts for everybody from their next request on, API tokens too."
    >
      <Card>
        <Loaded query={rule} rows={2}>
          {(now) => <Change key={JSON.stringify(now)} workspace={workspace} now={now} />}
        </Loaded>
      </Card>
    </Section>
  )
}

function Change({ workspace, now }: { workspace: string; now: SignInRuleView }) {
  const client = useQueryClient()
  const { may } = useRights(workspace)
  const ways = useQuery(waysQuery)
  const place = ways.data?.sso
  const [wanted, setWanted] = useState(now)
  const [asked, setAsked] = useState(false)
  const save = useMutation({
    mutationFn: () => api.changeSignInRule(workspace, wanted),
    onSuccess: async () => {
      setAsked(false)
      await client.invalidateQueries({ queryKey: [workspace, 'sign-in-rule'] })
    },
  })
  const mayChange = may('workspace.manage')
  const same = wanted.sso === now.sso && wanted.secondFactor === now.secondFactor
  return (
    <Stack gap="md">
      <Checkbox
        label="With a second factor"
        description="Everybody sets up an authenticator app, and gives its code."
        checked={wanted.secondFactor}
        disabled={!mayChange}
        onChange={(event) => setWanted({ ...wanted, secondFactor: event.currentTarget.checked })}
      />
      <Checkbox
        label={`Only with ${place ?? 'single sign-on'}`}
        description={
          ways.isSuccess && !place
            ? 'This installation has no single sign-on yet: whoever runs it names its OpenID provider (OIDC_ISSUER).'
            : 'No password opens this workspace, whoever it is.'
        }
        checked={wanted.sso}
        disabled={!mayChange || (!place && !wanted.sso)}
        onChange={(event) => setWanted({ ...wanted, sso: event.currentTarget.checked })}
      />
      {mayChange ? (
        <div>
          <Button disabled={same} onClick={() => setAsked(true)}>
            Change…
          </Button>
        </div>
      ) : null}
      <EffectDialog
        open={asked}
        title="Change how people have to sign in?"
        verb="Change it"
        keep="Leave it"
        busy={save.isPending}
        error={save.error}
        onConfirm={() => save.mutate()}
        onClose={() => {
          setAsked(false)
          save.reset()
        }}
      >
        {(wanted.sso && !now.sso) || (wanted.secondFactor && !now.secondFactor) ? (
          <p>
            Whoever has not signed in so is out with their next click, until they do. API tokens that were made without
            are refused: make new ones. You have to have signed in so yourself.
          </p>
        ) : (
          <p>A password alone may be enough again. The change stands in the audit log.</p>
        )}
      </EffectDialog>
    </Stack>
  )
}
