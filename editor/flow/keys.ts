/** Keys typed or pasted one per line, each once, in the order given. A column of a sheet may end in tabs. */
export const keysOf = (text: string): string[] => [
  ...new Set(
    text
      .split(/[\r\n\t]+/)
      .map((line) => line.trim())
      .filter((line) => line !== ''),
  ),
]
