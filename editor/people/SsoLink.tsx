import { Button, Stack } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { sessionQuery } from '../queries.ts'
import { Card, Section } from '../shell/Page.tsx'
import * as api from './api.ts'
import { waysQuery } from './queries.ts'
import { Failure } from '../parts/Failure.tsx'

/** Ties one's account to the place of single sign-on, or unties it. Nothing where the installation has none. */
export function SsoLink() {
  const client = useQueryClient()
  const place = useQuery(waysQuery).data?.sso
  const own = useQuery(sessionQuery).data?.ways
  const link = useMutation({
    mutationFn: () => api.beginSso({ purpose: 'link', to: window.location.pathname }),
    onSuccess: ({ url }) => window.location.assign(url),
  })
  const unlink = useMutation({
    mutationFn: api.unlinkSso,
    onSuccess: () => client.invalidateQueries({ queryKey: sessionQuery.queryKey }),
  })
  if (!place || !own) return null
  const failed = link.error ?? unlink.error
  return (
    <Section title={`Sign in with ${place}`} note="Some workspaces take only people who come that way.">
      <Card>
        <Stack gap="md">
          <p>
            {own.sso
              ? 'Your account is connected.'
              : `Your account is not connected. The address at ${place} has to be the same.`}
          </p>
          <Failure error={failed} />
          <div>
            {own.sso ? (
              <Button variant="default" loading={unlink.isPending} onClick={() => unlink.mutate()}>
                Disconnect
              </Button>
            ) : (
              <Button loading={link.isPending} onClick={() => link.mutate()}>
                Connect
              </Button>
            )}
          </div>
        </Stack>
      </Card>
    </Section>
  )
}
