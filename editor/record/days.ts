/** The day of a moment where the reader is, in words: “Tuesday 3 November 2026”. */
export function dayOf(at: string, zone?: string): string {
  return new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
  }).format(new Date(at))
}
