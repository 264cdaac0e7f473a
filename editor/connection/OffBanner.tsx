import { Button } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { ConnectionView } from '../../server/contract/connections.ts'
import { dayAt, sayDay } from '../format/time.ts'
import { Banner } from '../parts/Banner.tsx'
import { Failure } from '../parts/Failure.tsx'
import { connectionQuery } from '../queries.ts'
import { useRights } from '../shell/use-rights.ts'
import { keepConnection } from './requests.ts'

/** That it was, or will be, turned off because nothing uses it; one click says that it is needed. */
export function OffBanner({ workspace, connection }: { workspace: string; connection: ConnectionView }) {
  const client = useQueryClient()
  const may = useRights(workspace).may('connections.manage')
  const keep = useMutation({
    mutationFn: () => keepConnection(workspace, connection.id),
    onSuccess: (kept) => {
      client.setQueryData(connectionQuery(workspace, connection.id).queryKey, kept)
      return client.invalidateQueries({ queryKey: [workspace] })
    },
  })
  const { offSince, turnsOffOn } = connection
  if (offSince === null && turnsOffOn === null) return null
  const flows = connection.usedBy.map(({ name }) => `“${name}”`).join(', ')
  return (
    <Banner
      tone="attention"
      title={
        offSince === null
          ? `It is turned off on ${sayDay(turnsOffOn!)}`
          : `It was turned off on ${sayDay(dayAt(new Date(offSince)))}`
      }
    >
      <p>
        {offSince === null ? 'Nothing uses it. ' : 'Nothing had used it for 60 days, so nothing is called over it. '}
        {flows === '' ? '' : `${flows} ${connection.usedBy.length === 1 ? 'is' : 'are'} bound to it, and off. `}
        {may
          ? 'If nobody needs it any more, remove or disconnect it below.'
          : 'If it is needed, an owner or consultant can keep it on.'}
      </p>
      {may ? (
        <Button onClick={() => keep.mutate()} loading={keep.isPending}>
          {offSince === null ? 'Keep it on' : 'Turn on and test'}
        </Button>
      ) : null}
      <Failure error={keep.error} />
    </Banner>
  )
}
