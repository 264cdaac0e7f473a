/** Without what could turn text around or hide it: control signs, directions of writing, spaces of odd widths. */
export const visibleText = (text: string): string =>
  text.replace(/[^\S\n]+/g, ' ').replace(/[\p{Cc}\p{Bidi_Control}]/gu, (sign) => (sign === '\n' ? sign : ''))

/** The same in one line. */
export const visibleLine = (text: string): string =>
  visibleText(text)
    .replace(/\s*\n\s*/g, ' ')
    .trim()
