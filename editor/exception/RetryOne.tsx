import { Button } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { ExceptionDetail } from '../../server/contract/exceptions.ts'
import * as api from '../api.ts'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { type VersionChoice, VersionRadio } from '../run/VersionRadio.tsx'

/** Tries one record again as it is, after saying where it goes on. */
export function RetryOne({ workspace, exception }: { workspace: string; exception: ExceptionDetail }) {
  const client = useQueryClient()
  const [asked, setAsked] = useState(false)
  const [version, setVersion] = useState<VersionChoice>('live')
  const retry = useMutation({
    mutationFn: () => api.retryException(workspace, exception.id, { version }),
    onSuccess: async () => {
      setAsked(false)
      await client.invalidateQueries({ queryKey: [workspace, 'exceptions'] })
    },
  })
  return (
    <>
      <Button
        onClick={() => {
          retry.reset()
          setAsked(true)
        }}
      >
        Try again…
      </Button>
      <EffectDialog
        open={asked}
        title={`Try ${exception.businessKey ?? 'this record'} again?`}
        verb="Try again"
        keep="Leave it"
        busy={retry.isPending}
        error={retry.error}
        onConfirm={() => retry.mutate()}
        onClose={() => setAsked(false)}
      >
        <p>
          This one record goes on at “{exception.nodeName}”, as it was. What was sent before is not sent again. If the
          cause is still there, it comes back here.
        </p>
        <VersionRadio same={exception.version} value={version} onChange={setVersion} />
      </EffectDialog>
    </>
  )
}
