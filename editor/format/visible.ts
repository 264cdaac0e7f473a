/** Control and format characters: they show nothing, or turn the reading of others around. Tabs and lines are seen. */
const HIDDEN = /(?![\t\n])[\p{Cc}\p{Cf}]/gu

/** A text in which nothing hides from whoever has to decide: U+202E is shown as “[U+202E]”. */
export const visible = (text: string): string =>
  text.replace(HIDDEN, (one) => `[U+${(one.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`)
