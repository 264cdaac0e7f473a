import { quote } from './wording.ts'

/**
 * Why a text is no time zone, with the remedy, as the end of a sentence; undefined for a name of the IANA list. A fixed
 * offset such as `+05:30` is none, though the clock arithmetic would take it: it knows no summer time.
 */
export function zoneComplaint(zone: string): string | undefined {
  if (/^\s*[+-]/.test(zone)) {
    return `${quote(zone)} is a fixed offset, which knows no summer time; use the name of a zone such as “Asia/Kolkata”.`
  }
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return undefined
  } catch {
    return `there is no time zone ${quote(zone)}; use a name such as “Europe/London”.`
  }
}
