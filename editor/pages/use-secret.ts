import { useEffect, useState } from 'react'

function read(): string {
  const written = window.location.hash.slice(1)
  try {
    return decodeURIComponent(written)
  } catch {
    // Not as anybody wrote it: no secret, which the server says.
    return written
  }
}

/** The secret of a link, which stands behind `#`. Another link opened in the same window changes nothing but that. */
export function useSecret(): string {
  const [secret, setSecret] = useState(read)
  useEffect(() => {
    const changed = (): void => setSecret((before) => read() || before)
    window.addEventListener('hashchange', changed)
    return () => window.removeEventListener('hashchange', changed)
  }, [])
  return secret
}
