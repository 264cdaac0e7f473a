// As much of Markdown as a note needs. What is not understood stays as it was typed; nothing becomes HTML.

export type Block =
  | { readonly is: 'heading'; readonly text: string }
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'list'; readonly items: readonly string[] }

export type Inline =
  | { readonly is: 'text' | 'bold' | 'italic' | 'code'; readonly text: string }
  | { readonly is: 'link'; readonly text: string; readonly to: string }

/** Lines as paragraphs, headings (`# `) and lists (`- `). Lines that follow one another are one paragraph. */
export function blocksOf(text: string): readonly Block[] {
  const blocks: Block[] = []
  for (const part of text.split(/\n{2,}/)) {
    let lines: string[] = []
    let items: string[] = []
    const end = () => {
      if (lines.length > 0) blocks.push({ is: 'text', text: lines.join('\n') })
      if (items.length > 0) blocks.push({ is: 'list', items })
      lines = []
      items = []
    }
    for (const line of part.split('\n')) {
      const heading = /^#{1,3} +(.+)$/.exec(line)?.[1]
      const item = /^\s*[-*] +(.+)$/.exec(line)?.[1]
      if (heading !== undefined) {
        end()
        blocks.push({ is: 'heading', text: heading })
      } else if (item !== undefined) {
        if (lines.length > 0) end()
        items.push(item)
      } else if (line !== '') {
        if (items.length > 0) end()
        lines.push(line)
      }
    }
    end()
  }
  return blocks
}

// A link leads to another site, or by mail; `javascript:` and the like stay text.
const MARKS =
  /\*\*(?<bold>[^*\n]+)\*\*|\*(?<italic>[^*\n]+)\*|`(?<code>[^`\n]+)`|\[(?<text>[^\]\n]+)\]\((?<to>(?:https?:\/\/|mailto:)[^\s)]+)\)/g

export function inlinesOf(line: string): readonly Inline[] {
  const parts: Inline[] = []
  let from = 0
  for (const found of line.matchAll(MARKS)) {
    const { bold, italic, code, text, to } = found.groups ?? {}
    if (found.index > from) parts.push({ is: 'text', text: line.slice(from, found.index) })
    if (bold !== undefined) parts.push({ is: 'bold', text: bold })
    else if (italic !== undefined) parts.push({ is: 'italic', text: italic })
    else if (code !== undefined) parts.push({ is: 'code', text: code })
    else if (text !== undefined && to !== undefined) parts.push({ is: 'link', text, to })
    from = found.index + found[0].length
  }
  if (from < line.length) parts.push({ is: 'text', text: line.slice(from) })
  return parts
}
