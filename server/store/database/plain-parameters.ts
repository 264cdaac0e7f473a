const NUL = '\0'
/** How JSON writes it; a backslash before it would make it six harmless characters. */
const ESCAPED = /(?<!\\)((?:\\\\)*)\\u0000/g

/**
 * PostgreSQL's text and jsonb cannot hold U+0000, and other systems send it: in a name, in the words of an error. It is
 * written as U+FFFD, the sign for a character that could not be kept, so that no run fails on it. Records in traces and
 * exceptions are bytes and keep it.
 */
export function plainParameter(value: unknown): unknown {
  if (typeof value === 'string') return plainText(value)
  if (Array.isArray(value) && value.some((one) => plainParameter(one) !== one)) return value.map(plainParameter)
  return value
}

function plainText(text: string): string {
  const whole = text.includes(NUL) ? text.replaceAll(NUL, '\ufffd') : text
  // Lists of texts are keys of groups, kept as text.
  const isJson = whole.includes('\\u0000') && /^(?:\{|\[[{[]|")/.test(whole)
  return isJson ? whole.replace(ESCAPED, '$1\\ufffd') : whole
}
