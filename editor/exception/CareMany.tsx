import { Button, Select, Textarea } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { CareRequest } from '../../server/contract/exception-care.ts'
import type { ExceptionSelection } from '../../server/contract/exceptions.ts'
import { countOf, sayCount } from '../format/number.ts'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { membersQuery } from '../queries.ts'
import { useRights } from '../shell/use-rights.ts'
import { ASIDE, asideUntil } from './aside.ts'
import { careFor } from './requests.ts'

const NOBODY = 'nobody'
const BACK = 'back'

/** Hands exceptions to somebody, puts them aside, or says something about all of them, after counting those that are open. */
export function CareMany(props: {
  workspace: string
  select: ExceptionSelection
  /** Completes “See to …”. */
  what: string
  onDone?: () => void
}) {
  const { workspace, select } = props
  const client = useQueryClient()
  const { may } = useRights(workspace)
  const [asked, setAsked] = useState(false)
  const [whom, setWhom] = useState<string | null>(null)
  const [until, setUntil] = useState<string | null>(null)
  const [words, setWords] = useState('')
  const members = useQuery({ ...membersQuery(workspace), enabled: asked && may('people.read') })
  // Whatever is done, it is done for the same ones.
  const counted = useQuery({
    queryKey: [workspace, 'exceptions', 'care', select],
    queryFn: () => careFor(workspace, { select, assign: null, dry: true }),
    enabled: asked,
  })
  const wanted: Omit<CareRequest, 'select'> = {
    ...(whom === null ? {} : { assign: whom === NOBODY ? null : whom }),
    ...(until === null ? {} : { snoozeUntil: until === BACK ? null : asideUntil(until) }),
    ...(words.trim() === '' ? {} : { comment: words.trim() }),
  }
  const many = counted.data?.changed
  const care = useMutation({
    mutationFn: () => careFor(workspace, { select, ...wanted }),
    onSuccess: async ({ changed }) => {
      setAsked(false)
      setWhom(null)
      setUntil(null)
      setWords('')
      notifications.show({ message: `${countOf(changed, 'exception')} seen to.` })
      props.onDone?.()
      await client.invalidateQueries({ queryKey: [workspace, 'exceptions'] })
    },
  })
  return (
    <>
      <Button
        variant="default"
        data-see-to=""
        onClick={() => {
          care.reset()
          setAsked(true)
        }}
      >
        See to them…
      </Button>
      <EffectDialog
        open={asked}
        title={`See to ${props.what}`}
        verb={many === undefined ? 'Change' : `Change ${sayCount(many)}`}
        disabled={!many || Object.keys(wanted).length === 0}
        busy={care.isPending}
        error={care.error}
        onConfirm={() => care.mutate()}
        onClose={() => setAsked(false)}
      >
        <Loaded query={counted} rows={1}>
          {({ changed, closed }) => (
            <p>
              {changed === 0 ? 'None is open any more.' : `${countOf(changed, 'open exception')} will change.`}
              {closed > 0 ? ` ${countOf(closed, 'record')} closed already; they stay as they are.` : ''}
            </p>
          )}
        </Loaded>
        <Select
          label="Who sees to them"
          placeholder="As it is"
          clearable
          searchable
          data-autofocus
          data={[
            { value: NOBODY, label: 'Nobody any more' },
            ...(members.data?.items ?? []).map((one) => ({ value: one.user, label: one.name })),
          ]}
          value={whom}
          onChange={setWhom}
        />
        <Select
          label="Put aside"
          placeholder="As it is"
          clearable
          data={[...ASIDE, { value: BACK, label: 'Back into the queue' }]}
          value={until}
          onChange={setUntil}
        />
        <Textarea
          label="Say something about them"
          description="Kept with each of them, with your name."
          autosize
          minRows={2}
          maxLength={2000}
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
        />
      </EffectDialog>
    </>
  )
}
