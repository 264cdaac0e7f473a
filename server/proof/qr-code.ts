import encode from 'qr'

/** A QR code as the `d` of one SVG path in a square of `size` modules, quiet zone included. */
export function qrCode(text: string): { size: number; path: string } {
  // Four modules of quiet zone, as ISO/IEC 18004 asks for.
  const rows = encode(text, 'raw', { ecc: 'medium', border: 4 })
  const path = rows
    .map((row, y) => {
      let line = ''
      for (let x = 0; x < row.length; x++) {
        if (!row[x]) continue
        let to = x
        while (row[to + 1]) to += 1
        line += `M${x} ${y}h${to - x + 1}v1H${x}z`
        x = to
      }
      return line
    })
    .join('')
  return { size: rows.length, path }
}
