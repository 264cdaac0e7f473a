const made = new Map<string, Intl.DateTimeFormat>()

/**
 * The formatter for these options, made once: to make one takes as long as to draw twenty rows, and a page asks for it
 * with every moment it shows. The clock of the machine may be moved while the page is open.
 */
export function dateFormatter(language: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const clock = options.timeZone ?? new Date().getTimezoneOffset()
  const key = JSON.stringify([language, clock, options])
  const formatter = made.get(key) ?? new Intl.DateTimeFormat(language, options)
  made.set(key, formatter)
  return formatter
}

/** Digits in groups, as parts. */
export const GROUPED = new Intl.NumberFormat('en-GB')
