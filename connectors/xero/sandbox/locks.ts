import { isoDay } from './clock.ts'
import type { Books } from './model.ts'

/** Xero's words where a day falls into a period that is closed; nothing when it is open. */
export function lockProblems(books: Books, day: number, what = 'document'): string[] {
  if (books.yearLockDay !== null && day <= books.yearLockDay) {
    return [
      `The ${what} date cannot be before the end of year lock date, currently set at ${isoDay(books.yearLockDay)}`,
    ]
  }
  if (books.lockDay !== null && day <= books.lockDay) {
    return [`The ${what} date cannot be before the period lock date, currently set at ${isoDay(books.lockDay)}`]
  }
  return []
}
