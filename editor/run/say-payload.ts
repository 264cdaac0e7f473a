/** `in`, `out:other`, `call`, `http` in words. */
export function sayPayload(kind: string): string {
  if (kind === 'in') return 'What came in'
  if (kind === 'in:with') return 'What it was joined with'
  if (kind === 'out:out') return 'What went out'
  if (kind.startsWith('out:')) return `Out by “${kind.slice(4)}”`
  if (kind === 'call') return 'What it sent'
  if (kind === 'http') return 'Calls'
  return kind
}
