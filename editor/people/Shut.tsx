import { Button } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import type { Me, Membership } from '../../server/contract/people.ts'
import { Page, Section } from '../shell/Page.tsx'
import * as api from './api.ts'
import { CodeOnly } from './CodeOnly.tsx'
import { waysQuery } from './queries.ts'
import { SecondFactor } from './SecondFactor.tsx'
import { Failure } from '../parts/Failure.tsx'

/** In the place of every page of a workspace whose rule for signing in the session has not met. */
export function Shut({ session, membership }: { session: Me; membership: Membership }) {
  return membership.lacks === 'SSO_REQUIRED' ? (
    <BySso session={session} membership={membership} />
  ) : (
    <Page title={membership.name} sentence="This workspace asks for a second factor." reading>
      {session.ways.secondFactor ? (
        <Section title="Give the code of your app">
          <CodeOnly />
        </Section>
      ) : (
        <Section title="Set one up" note="An authenticator app on your phone. Then you are in.">
          <SecondFactor />
        </Section>
      )}
    </Page>
  )
}

function BySso({ session, membership }: { session: Me; membership: Membership }) {
  const place = useQuery(waysQuery).data?.sso
  const go = useMutation({
    mutationFn: () => api.beginSso({ purpose: session.ways.sso ? 'sign-in' : 'link', to: `/w/${membership.id}/flows` }),
    onSuccess: ({ url }) => window.location.assign(url),
  })
  return (
    <Page
      title={membership.name}
      sentence={`This workspace takes only people who sign in with ${place ?? 'single sign-on'}.`}
      reading
    >
      <Failure error={go.error} />
      {place ? (
        <div>
          <Button loading={go.isPending} onClick={() => go.mutate()}>
            Sign in with {place}
          </Button>
        </div>
      ) : (
        <p>This installation has no single sign-on any more. Whoever runs it can lift the rule.</p>
      )}
    </Page>
  )
}
