import type { ReactNode } from 'react'
import { blocksOf, type Inline, inlinesOf } from './markdown.ts'

/** The text of a note: headings, lists, bold, italic, code and links; everything else as it was typed. */
export function NoteText({ text }: { text: string }) {
  return blocksOf(text).map((block, place) => {
    const key = `${place} ${block.is}`
    if (block.is === 'heading') return <strong key={key}>{words(block.text)}</strong>
    if (block.is === 'text') return <p key={key}>{words(block.text)}</p>
    return (
      <ul key={key}>
        {block.items.map((item, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no identity but their place
          <li key={at}>{words(item)}</li>
        ))}
      </ul>
    )
  })
}

const words = (text: string): ReactNode => inlinesOf(text).map((part, place) => word(part, place))

function word(part: Inline, place: number): ReactNode {
  switch (part.is) {
    case 'bold':
      return <b key={place}>{part.text}</b>
    case 'italic':
      return <i key={place}>{part.text}</i>
    case 'code':
      return <code key={place}>{part.text}</code>
    case 'link':
      return (
        <a key={place} href={part.to} target="_blank" rel="noopener noreferrer" className="nodrag">
          {part.text}
        </a>
      )
    case 'text':
      return part.text
  }
}
