import type { Static } from 'typebox'
import type { ScheduleSettings } from './native.ts'

type Schedule = Static<typeof ScheduleSettings>

const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

/** A schedule in words: “every day at 06:00, Europe/London”. */
export function scheduleWords(settings: Schedule): string {
  if (settings.mode === 'interval') {
    const minutes = settings.everyMinutes ?? 15
    if (minutes % 60 !== 0) return minutes === 1 ? 'every minute' : `every ${minutes} minutes`
    return minutes === 60 ? 'every hour' : `every ${minutes / 60} hours`
  }
  const { cron = '0 6 * * *', zone = 'Europe/London' } = settings
  return `${cronWords(cron)}, ${zone}`
}

/** The common forms in words; all else as it is written. */
function cronWords(cron: string): string {
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = cron.trim().split(/\s+/)
  const plain = (text: string) => /^\d+$/.test(text)
  const time = plain(minute) && plain(hour) ? `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}` : undefined
  if (month === '*' && time !== undefined) {
    if (day === '*' && weekday === '*') return `every day at ${time}`
    if (day === '*' && weekday === '1-5') return `Monday to Friday at ${time}`
    if (day === '*' && plain(weekday)) return `every ${WEEKDAYS[Number(weekday) % 7]} at ${time}`
    if (plain(day) && weekday === '*') return `on day ${day} of every month at ${time}`
  }
  const everyDay = day === '*' && month === '*' && weekday === '*'
  if (everyDay && hour === '*' && plain(minute)) return `every hour at minute ${minute}`
  const step = /^\*\/(\d+)$/.exec(minute)
  if (everyDay && hour === '*' && step) return `every ${step[1]} minutes by the clock`
  return `at minute ${minute}, hour ${hour}, day ${day}, month ${month}, weekday ${weekday}`
}
