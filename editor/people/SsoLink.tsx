import { Button, Stack } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Banner } from '../parts/Banner.tsx'
import { sayError } from '../parts/say-error.ts'
import { sessionQuery } from '../queries.ts'
import { Card, Section } from '../shell/Page.tsx'
import * as api from './api.ts'
import { waysQuery } from './queries.ts'

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
          {failed ? (
            <Banner tone="failed" title={sayError(failed).title} live>
              <p>{sayError(failed).detail}</p>
            </Banner>
          ) : null}
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
