const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/

/** `2026-11-20T15:03:00.5+01:00` → `2026-11-20T14:03:00Z`. Undefined unless it names an instant, zone included. */
export function utcSeconds(text: string): string | undefined {
  if (!INSTANT.test(text.trim())) return undefined
  const at = Date.parse(text.trim())
  return Number.isNaN(at) ? undefined : `${new Date(at).toISOString().slice(0, 19)}Z`
}
