import type { Held } from '../store/backup/hold-restored.ts'

/** What a restore has put down, and what to do about it. */
export function sayHeld({ flows, runs, calls }: Held, made: string): string {
  if (flows === 0 && runs === 0) return 'no flow is on and no run is under way: nothing goes on by itself'
  return [
    `${flows} flows that are on and ${runs} runs wait for somebody: what was sent after ${made} is not known here, and would`,
    'be sent again. Start the product, see in the other systems how far each flow had come, and switch it on (“Right now”',
    `lists them).${calls > 0 ? ` ${calls} calls that were about to be made count as made.` : ''} If nothing ran after the backup, restore it again with --force --moved.`,
  ].join('\n')
}
