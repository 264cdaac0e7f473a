import { Banner } from './Banner.tsx'
import { sayError } from './say-error.ts'

/** What went wrong and what to do, in words; nothing while nothing did. */
export function Failure({ error }: { error: unknown }) {
  if (!error) return null
  const { title, detail } = sayError(error)
  return (
    <Banner tone="failed" title={title} live>
      <p>{detail}</p>
    </Banner>
  )
}
