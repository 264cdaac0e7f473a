import { Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect } from 'react'
import { Failure } from '../parts/Failure.tsx'
import * as api from '../people/api.ts'
import classes from './Alone.module.css'
import { useSecret } from './use-secret.ts'

/** Opened by the link at the end of a weekly letter. It asks once more: programs that look at mail open links too. */
export function StopLetter() {
  const token = useSecret()
  const stop = useMutation({ mutationFn: () => api.stopLetter(token) })
  useEffect(() => {
    document.title = 'E-mail on Monday mornings · Tieline'
  }, [])
  return (
    <main className={classes.alone}>
      <div className={classes.mark}>
        <img src="/icon.svg" alt="" width={36} height={36} />
        Tieline
      </div>
      <div className={classes.card}>
        {stop.isSuccess ? (
          <>
            <h1>It is stopped</h1>
            <p>
              You will not get this e-mail any more. If you want it again, sign in and switch it on under “Your
              account”.
            </p>
            <Link to="/">Go to Tieline</Link>
          </>
        ) : token === '' ? (
          <>
            <h1>This link has no key</h1>
            <p>Open the whole link, as it stands in the e-mail.</p>
          </>
        ) : (
          <>
            <h1>Stop the e-mail of Monday mornings?</h1>
            <p>That of the workspace whose e-mail you have opened. Alerts and e-mail of other workspaces still come.</p>
            <Failure error={stop.error} />
            <Button loading={stop.isPending} onClick={() => stop.mutate()} fullWidth>
              Stop it
            </Button>
          </>
        )}
      </div>
    </main>
  )
}
