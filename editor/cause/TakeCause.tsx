import { Button, Checkbox } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { countOf, sayCount } from '../format/number.ts'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { sayError } from '../parts/say-error.ts'
import { sessionQuery } from '../queries.ts'
import { type TakeAt, takeAt, type Takeable } from './taken.ts'

/** “I look after this”: counts at each client first, then hands it over there; a client that refuses is named. */
export function TakeCause(props: {
  cause: Takeable & { readonly message: string }
  at: readonly TakeAt[]
  others: number
}) {
  const { cause, at } = props
  const client = useQueryClient()
  const me = useQuery(sessionQuery).data?.user.id ?? ''
  const [asked, setAsked] = useState(false)
  const [theirs, setTheirs] = useState(false)
  const unit = cause.kind === 'failed' ? 'failed run' : 'open exception'
  // Failed runs of a cause have one owner; exceptions have one each.
  const all = theirs || cause.kind === 'failed'
  const counted = useQuery({
    queryKey: ['causes', 'take', cause, at, all],
    queryFn: () =>
      Promise.all(at.map(async (one) => ({ ...one, count: await takeAt(cause, one, { me, theirs: all, dry: true }) }))),
    enabled: asked && me !== '',
    staleTime: 0,
    gcTime: 0,
  })
  const many = counted.data?.reduce((sum, { count }) => sum + count, 0)
  const take = useMutation({
    mutationFn: async () => {
      const refused: string[] = []
      let taken = 0
      // One after the other: each is a change in a workspace of its own, and one that is refused stops none.
      for (const one of at) {
        try {
          taken += await takeAt(cause, one, { me, theirs: all, dry: false })
        } catch (error) {
          refused.push(`${one.name}: ${sayError(error).title}`)
        }
      }
      await client.invalidateQueries({ queryKey: ['causes'] })
      for (const { workspace } of at) await client.invalidateQueries({ queryKey: [workspace] })
      if (refused.length > 0) throw new Error(`Taken are ${countOf(taken, unit)}; not those of ${refused.join('; ')}.`)
      return taken
    },
    onSuccess: (taken) => {
      setAsked(false)
      notifications.show({ message: `You look after ${countOf(taken, unit)} now.` })
    },
  })
  return (
    <>
      <Button
        size="compact-sm"
        variant="default"
        onClick={() => {
          take.reset()
          setAsked(true)
        }}
      >
        Take it…
      </Button>
      <EffectDialog
        open={asked}
        title="Look after this"
        verb={many ? `Take ${sayCount(many)}` : 'Take'}
        disabled={!many}
        busy={take.isPending}
        error={take.error}
        onConfirm={() => take.mutate()}
        onClose={() => setAsked(false)}
      >
        <p>{cause.message}</p>
        <Loaded query={counted} rows={at.length}>
          {(counts) =>
            many === 0 ? (
              <p>{props.others > 0 ? 'Somebody has each of them in hand already.' : 'None is open any more.'}</p>
            ) : (
              <>
                <p>
                  {countOf(many ?? 0, unit)} will be in your hands
                  {counts.length > 1 ? ':' : `, at ${counts[0]?.name}.`}
                </p>
                {counts.length > 1 ? (
                  <ul>
                    {counts.map(({ workspace, name, count }) => (
                      <li key={workspace}>
                        {name}: {sayCount(count)}
                      </li>
                    ))}
                  </ul>
                ) : null}
              </>
            )
          }
        </Loaded>
        {cause.kind === 'exceptions' && props.others > 0 ? (
          <Checkbox
            label={`Also those that others have in hand (${sayCount(props.others)})`}
            checked={theirs}
            onChange={(event) => setTheirs(event.currentTarget.checked)}
          />
        ) : null}
      </EffectDialog>
    </>
  )
}
