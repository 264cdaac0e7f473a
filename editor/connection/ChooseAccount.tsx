import { Button, Radio, Stack } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { ConnectionView } from '../../server/contract/connections.ts'
import { EmptyState } from '../parts/EmptyState.tsx'
import { Failure } from '../parts/Failure.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { connectionQuery } from '../queries.ts'
import { Card, Section } from '../shell/Page.tsx'
import * as requests from './requests.ts'

/** A sign-in that reaches several accounts: one is chosen by its name, and the connection stays with it. */
export function ChooseAccount(props: { workspace: string; connection: ConnectionView; system: string }) {
  const { workspace, connection, system } = props
  const accounts = useQuery({
    queryKey: [workspace, 'connections', connection.id, 'accounts'],
    queryFn: ({ signal }) => requests.accounts(workspace, connection.id, signal),
  })
  const client = useQueryClient()
  const [chosen, setChosen] = useState<string>()
  const choose = useMutation({
    mutationFn: (account: string) => requests.chooseAccount(workspace, connection.id, account),
    onSuccess: (changed) => {
      client.setQueryData(connectionQuery(workspace, connection.id).queryKey, changed)
      return client.invalidateQueries({ queryKey: [workspace] })
    },
  })
  const name = accounts.data?.items.find((one) => one.id === chosen)?.name
  return (
    <Section
      title="Which one is it for?"
      note={`Your sign-in at ${system} reaches several. The connection stays with the one you choose: it reads and writes there, and a sign-in to another one is refused.`}
    >
      <Loaded query={accounts} rows={3}>
        {({ title, items }) =>
          items.length === 0 ? (
            <EmptyState title="The sign-in reaches none any more">
              Sign in at {system} again and agree to at least one.
            </EmptyState>
          ) : (
            <Card>
              <Radio.Group label={title} value={chosen ?? null} onChange={setChosen}>
                <Stack gap="xs" mt="xs">
                  {items.map((one) => (
                    // Names may be alike; the id tells them apart.
                    <Radio key={one.id} value={one.id} label={one.name} description={one.id} />
                  ))}
                </Stack>
              </Radio.Group>
              <Failure error={choose.error} />
              <div>
                <Button
                  disabled={name === undefined}
                  loading={choose.isPending}
                  onClick={() => chosen && choose.mutate(chosen)}
                >
                  {name === undefined ? 'Use it' : `Use “${name}”`}
                </Button>
              </div>
            </Card>
          )
        }
      </Loaded>
    </Section>
  )
}
