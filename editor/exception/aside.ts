const HOUR_MS = 3_600_000

/** For how long exceptions are put aside, in hours. */
export const ASIDE = [
  { value: '4', label: 'For 4 hours' },
  { value: '24', label: 'Until tomorrow' },
  { value: '168', label: 'For a week' },
]

/** When that ends, counted from now: ISO 8601. */
export const asideUntil = (hours: string): string => new Date(Date.now() + Number(hours) * HOUR_MS).toISOString()
