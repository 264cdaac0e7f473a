/**
 * Statements that each run asks: every connection of the pools parses and plans them once and keeps the plan, which
 * halves what they cost PostgreSQL. Only such as find rows by their keys: their plan is the same whatever they look for.
 * Lists, whose best plan depends on what is asked, are planned anew each time.
 */
const names = new Map<string, string>()

/** Each connection keeps a plan for each; statements with lists of values have a text for each number of them. */
const MOST = 300

export function keepPlan(text: string): void {
  if (names.size < MOST && !names.has(text)) names.set(text, `kept_${names.size}`)
}

export const planName = (text: string): string | undefined => names.get(text)
