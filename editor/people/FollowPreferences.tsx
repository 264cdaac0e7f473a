import { useMantineColorScheme } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useSyncExternalStore } from 'react'
import { sessionQuery } from '../queries.ts'
import { setDensity } from '../shell/preferences.ts'

/** Brings theme and density of the person to whatever browser they sign in with. */
export function FollowPreferences() {
  const client = useQueryClient()
  // Of the whole cache: signing in throws its entries away, and who watched the one of before would hear of no other.
  // Asks for nothing: before signing in there is nobody.
  const chosen = useSyncExternalStore(
    useCallback((changed) => client.getQueryCache().subscribe(changed), [client]),
    () => client.getQueryData(sessionQuery.queryKey)?.preferences,
  )
  const { setColorScheme } = useMantineColorScheme()
  const { theme, density } = chosen ?? {}
  useEffect(() => {
    if (theme !== undefined) setColorScheme(theme)
  }, [theme, setColorScheme])
  useEffect(() => {
    if (density !== undefined) setDensity(density)
  }, [density])
  return null
}
