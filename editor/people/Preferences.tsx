import { Select } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { Preferences as Chosen, PreferencesChange } from '../../server/contract/people.ts'
import { prefer } from '../format/preferred.ts'
import { sessionQuery } from '../queries.ts'
import { Card } from '../shell/Page.tsx'
import * as api from './api.ts'
import classes from './Preferences.module.css'
import { Failure } from '../parts/Failure.tsx'

const BROWSER = 'browser'
const NUMBERS = ['1,234.5', '1.234,5', '1 234,5', '1’234.5'] as const
const DATES = ['2026-11-28', '28.11.2026', '28/11/2026', '11/28/2026', '28 Nov 2026'] as const
const CLOCKS = [
  { value: '24', label: '18:05' },
  { value: '12', label: '6:05 pm' },
] as const

/** How numbers and moments are written for oneself, in whatever browser. */
export function Preferences() {
  const client = useQueryClient()
  const chosen = useQuery(sessionQuery).data?.preferences
  const save = useMutation({
    mutationFn: (wanted: PreferencesChange) => api.changePreferences(wanted),
    onSuccess: (now) => prefer(now),
    onSettled: () => client.invalidateQueries({ queryKey: sessionQuery.queryKey, exact: true }),
  })
  if (!chosen) return null
  const set = (name: keyof Chosen, value: string | null): void => {
    // The values are those of the lists below.
    save.mutate({ [name]: value === BROWSER ? null : value } as PreferencesChange)
  }
  const usual = (label: string) => [{ value: BROWSER, label }]
  // A browser lists some zones by their old names only, and UTC not at all.
  const zones = [...new Set([...Intl.supportedValuesOf('timeZone'), 'UTC', ...(chosen.zone ? [chosen.zone] : [])])]
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone
  return (
    <Card>
      <div className={classes.choices}>
        <Select
          label="Numbers"
          data={[...usual('As usual: 1,234.5'), ...NUMBERS.map((value) => ({ value, label: value }))]}
          value={chosen.numbers ?? BROWSER}
          onChange={(value) => set('numbers', value)}
        />
        <Select
          label="Dates"
          data={[...usual('As usual: 28 Nov'), ...DATES.map((value) => ({ value, label: value }))]}
          value={chosen.dates ?? BROWSER}
          onChange={(value) => set('dates', value)}
        />
        <Select
          label="Time of day"
          data={[...usual('As usual: 18:05'), ...CLOCKS]}
          value={chosen.clock ?? BROWSER}
          onChange={(value) => set('clock', value)}
        />
        <Select
          label="Time zone"
          searchable
          data={[...usual(`Of this browser: ${here}`), ...zones]}
          value={chosen.zone ?? BROWSER}
          onChange={(value) => set('zone', value)}
        />
      </div>
      <Failure error={save.error} />
    </Card>
  )
}
