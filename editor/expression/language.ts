import { type CompletionContext, type CompletionResult, snippetCompletion } from '@codemirror/autocomplete'
import { HighlightStyle, StreamLanguage, syntaxHighlighting } from '@codemirror/language'
import { tags } from '@lezer/highlight'
import { FUNCTIONS } from './functions.ts'
import type { SamplePath } from './sample-paths.ts'

/** Enough of JSONata's spelling to colour it; whether it is right says the parser. */
export const jsonataLanguage = StreamLanguage.define<{ comment: boolean }>({
  name: 'jsonata',
  startState: () => ({ comment: false }),
  token(stream, state) {
    if (state.comment) {
      if (stream.skipTo('*/')) {
        stream.match('*/')
        state.comment = false
      } else stream.skipToEnd()
      return 'comment'
    }
    if (stream.eatSpace()) return null
    if (stream.match('/*')) {
      state.comment = true
      return 'comment'
    }
    if (stream.match(/^"(?:[^"\\]|\\.)*"?/) || stream.match(/^'(?:[^'\\]|\\.)*'?/)) return 'string'
    if (stream.match(/^`[^`]*`?/)) return 'propertyName'
    if (stream.match(/^\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/)) return 'number'
    if (stream.match(/^\$\$?[A-Za-z_][A-Za-z0-9_]*(?=\s*\()/)) return 'keyword'
    if (stream.match(/^\$\$?[A-Za-z_]?[A-Za-z0-9_]*/)) return 'variableName'
    if (stream.match(/^(?:true|false|null|and|or|in|function)\b/)) return 'atom'
    if (stream.match(/^[A-Za-z_][A-Za-z0-9_]*/)) return 'propertyName'
    stream.next()
    return 'operator'
  },
})

export const colours = syntaxHighlighting(
  HighlightStyle.define([
    { tag: tags.string, color: 'var(--ok)' },
    { tag: tags.number, color: 'var(--running)' },
    { tag: tags.keyword, color: 'var(--person)' },
    { tag: tags.variableName, color: 'var(--person)' },
    { tag: tags.atom, color: 'var(--running)' },
    { tag: tags.comment, color: 'var(--muted)', fontStyle: 'italic' },
    { tag: tags.propertyName, color: 'var(--text)' },
  ]),
)

/** A question of the flow's form, asked as `$settings.name`. */
export type Answer = { readonly name: string; readonly title: string }

/** Fields of the sample where a field may stand, functions after a dollar. */
export function completions(paths: () => readonly SamplePath[], answers: () => readonly Answer[] = () => []) {
  return (context: CompletionContext): CompletionResult | null => {
    const setting = context.matchBefore(/\$settings\.\w*/)
    if (setting) {
      return {
        from: setting.from + '$settings.'.length,
        options: answers().map(({ name, title }) => ({ label: name, detail: title, type: 'property' })),
        validFor: /^\w*$/,
      }
    }
    const call = context.matchBefore(/\$[A-Za-z]*/)
    if (call) {
      return {
        from: call.from,
        options: [
          ...answers().map(({ name, title }) => ({ label: `$settings.${name}`, detail: title, type: 'property' })),
          ...FUNCTIONS.map((one) =>
            snippetCompletion(one.call.endsWith('()') ? one.call : `${one.name}(\${})`, {
              label: one.name,
              detail: one.call.slice(one.name.length),
              info: one.says,
              type: 'function',
            }),
          ),
        ],
        validFor: /^\$[A-Za-z]*$/,
      }
    }
    const word = context.matchBefore(/[A-Za-z_`][\w.`]*/)
    if (word === null && !context.explicit) return null
    return {
      from: word?.from ?? context.pos,
      options: paths().map((one) => ({
        label: one.path,
        detail: one.value,
        type: one.list ? 'list' : 'property',
        boost: -one.path.split('.').length,
      })),
      validFor: /^[\w.`]*$/,
    }
  }
}
