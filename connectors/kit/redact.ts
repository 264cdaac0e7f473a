/**
 * Takes what looks like a credential out of a text. The second net: the connection's own secrets are replaced by value
 * before a connector sees an answer (server/connect/http.ts).
 */
const CREDENTIALS: readonly RegExp[] = [
  /\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?/g,
  /\b(?:bearer|basic)\s+[\w.~+/=-]{6,}/gi,
  /\b(?:access_token|refresh_token|id_token|client_secret|token|secret|password|PasswordDigest|api_?key)\b"?\s*[:=]\s*"?[^"\s&,}]{4,}/gi,
]

/** Longest part of a remote's answer that goes into a message, in characters. */
const EXCERPT = 200

export function redact(text: string): string {
  return CREDENTIALS.reduce((rest, pattern) => rest.replace(pattern, '[secret]'), text)
}

/** The beginning of an answer in one line, without mark-up and without secrets. */
export function excerpt(text: string, length = EXCERPT): string {
  // Redact before cutting: a secret cut in half no longer looks like one. The tail beyond 4 kB is never shown.
  const line = redact(text.slice(0, 4096))
    .replace(/<(script|style)\b[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
  return line.length > length ? `${line.slice(0, length)}…` : line
}
