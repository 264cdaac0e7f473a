import { expect, test } from 'vitest'
import { blocksOf, inlinesOf } from '../../../editor/canvas/markdown.ts'

test('a note has headings, paragraphs and lists', () => {
  expect(blocksOf('# Why\nFirst line\nsecond line\n\n- one\n- two\nafter')).toEqual([
    { is: 'heading', text: 'Why' },
    { is: 'text', text: 'First line\nsecond line' },
    { is: 'list', items: ['one', 'two'] },
    { is: 'text', text: 'after' },
  ])
})

test('words are marked, and what is no mark stays as it was typed', () => {
  expect(inlinesOf('a **b** *c* `d` 2 * 3 * 4')).toEqual([
    { is: 'text', text: 'a ' },
    { is: 'bold', text: 'b' },
    { is: 'text', text: ' ' },
    { is: 'italic', text: 'c' },
    { is: 'text', text: ' ' },
    { is: 'code', text: 'd' },
    { is: 'text', text: ' 2 ' },
    { is: 'italic', text: ' 3 ' },
    { is: 'text', text: ' 4' },
  ])
})

test('links lead to sites and mailboxes and to nothing that would run', () => {
  expect(inlinesOf('[docs](https://example.com/a)')).toEqual([
    { is: 'link', text: 'docs', to: 'https://example.com/a' },
  ])
  expect(inlinesOf('[x](javascript:alert(1))')).toEqual([{ is: 'text', text: '[x](javascript:alert(1))' }])
  expect(inlinesOf('<img onerror=1>')).toEqual([{ is: 'text', text: '<img onerror=1>' }])
})
