import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import type { MemberView } from '../../server/contract/people.ts'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { path, request } from '../request.ts'

/** For a device that was lost: the person signs in anew everywhere. */
export function SignOut({ workspace, member }: { workspace: string; member: MemberView }) {
  const [asked, setAsked] = useState(false)
  const end = useMutation({
    mutationFn: () => request<void>('DELETE', path`/workspaces/${workspace}/members/${member.user}/sessions`),
    onSuccess: () => {
      setAsked(false)
      notifications.show({ message: `${member.name} is signed out everywhere.` })
    },
  })
  return (
    <>
      <Button
        size="compact-sm"
        variant="default"
        aria-label={`Sign out… ${member.name}`}
        onClick={() => {
          end.reset()
          setAsked(true)
        }}
      >
        Sign out…
      </Button>
      <EffectDialog
        open={asked}
        title={`Sign ${member.name} out everywhere?`}
        verb="Sign out"
        keep="Leave them signed in"
        busy={end.isPending}
        error={end.error}
        onConfirm={() => end.mutate()}
        onClose={() => setAsked(false)}
      >
        <p>In every browser they have to sign in anew. They stay a member, and their API tokens go on working.</p>
      </EffectDialog>
    </>
  )
}
