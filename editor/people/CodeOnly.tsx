import { Button, Stack } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Card } from '../shell/Page.tsx'
import * as api from './api.ts'
import { CodeInput } from './CodeInput.tsx'
import { Failure } from '../parts/Failure.tsx'

/** For who came in without the second factor that they have. */
export function CodeOnly() {
  const client = useQueryClient()
  const [code, setCode] = useState('')
  const prove = useMutation({ mutationFn: () => api.prove({ code }), onSuccess: () => client.invalidateQueries() })
  return (
    <Card>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          prove.mutate()
        }}
      >
        <Stack gap="md" maw={420}>
          <CodeInput value={code} onChange={setCode} />
          <Failure error={prove.error} />
          <div>
            <Button type="submit" loading={prove.isPending}>
              Go on
            </Button>
          </div>
        </Stack>
      </form>
    </Card>
  )
}
