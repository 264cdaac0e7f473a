import { useMantineColorScheme } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { sessionQuery } from '../queries.ts'
import { setDensity } from '../shell/preferences.ts'

/** Brings theme and density of the person to whatever browser they sign in with. */
export function FollowPreferences() {
  // Asks for nothing: before signing in there is nobody.
  const chosen = useQuery({ ...sessionQuery, enabled: false }).data?.preferences
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
