/** Header fields by lower-case name, unfolded, encoded words read; and the text of a mail of one part (RFC 5322). */
export function readMail(raw: string): {
  readonly headers: { readonly [name: string]: string }
  readonly text: string
} {
  const end = raw.indexOf('\r\n\r\n')
  const headers: { [name: string]: string } = {}
  for (const line of raw
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n')) {
    const colon = line.indexOf(':')
    headers[line.slice(0, colon).toLowerCase()] = words(line.slice(colon + 1).trim())
  }
  const body = raw.slice(end + 4).trimEnd()
  const encoding = headers['content-transfer-encoding']
  if (encoding === 'base64') return { headers, text: Buffer.from(body, 'base64').toString('utf8') }
  return { headers, text: encoding === 'quoted-printable' ? quoted(body.replace(/=\r\n/g, '')) : body }
}

/** RFC 2047. */
const words = (text: string) =>
  text
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_, kind: string, content: string) =>
      kind.toLowerCase() === 'b'
        ? Buffer.from(content, 'base64').toString('utf8')
        : quoted(content.replaceAll('_', ' ')),
    )

const quoted = (text: string) =>
  Buffer.from(
    text.replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString('utf8')
