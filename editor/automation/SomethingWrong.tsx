import { Button, Select, Textarea } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { useRights } from '../shell/use-rights.ts'
import { report } from './requests.ts'

/** Tells the team that something looks wrong; the server attaches the runs of the time. */
export function SomethingWrong({ workspace, flow }: { workspace: string; flow: { id: string; name: string } }) {
  const client = useQueryClient()
  const { may } = useRights(workspace)
  const [asked, setAsked] = useState(false)
  const [words, setWords] = useState('')
  const [hours, setHours] = useState('24')
  const send = useMutation({
    mutationFn: () => report(workspace, flow.id, { words: words.trim(), hours: Number(hours) }),
    onSuccess: async () => {
      setAsked(false)
      setWords('')
      notifications.show({ message: 'Sent. The team sees it with what ran in that time.' })
      await client.invalidateQueries({ queryKey: [workspace, 'automations'] })
    },
  })
  if (!may('reports.make')) return null
  return (
    <>
      <Button variant="subtle" onClick={() => setAsked(true)}>
        Something looks wrong…
      </Button>
      <EffectDialog
        open={asked}
        title={`What looks wrong with ${flow.name}?`}
        verb="Tell the team"
        keep="Leave it"
        disabled={words.trim() === ''}
        busy={send.isPending}
        error={send.error}
        onConfirm={() => send.mutate()}
        onClose={() => setAsked(false)}
      >
        <Textarea
          label="In your words"
          required
          autosize
          minRows={3}
          maxLength={2000}
          data-autofocus
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
        />
        <Select
          label="When was it?"
          data={[
            { value: '24', label: 'In the last day' },
            { value: '168', label: 'In the last week' },
            { value: '744', label: 'In the last month' },
          ]}
          allowDeselect={false}
          value={hours}
          onChange={(value) => setHours(value ?? '24')}
        />
        <p className="muted">What the automation did in that time is attached. You need not look for numbers.</p>
      </EffectDialog>
    </>
  )
}
