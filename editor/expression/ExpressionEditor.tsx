import {
  acceptCompletion,
  autocompletion,
  closeBrackets,
  completionStatus,
  startCompletion,
} from '@codemirror/autocomplete'
import { defaultKeymap } from '@codemirror/commands'
import { bracketMatching } from '@codemirror/language'
import { linter } from '@codemirror/lint'
import { Annotation, Compartment, EditorState } from '@codemirror/state'
import { EditorView, keymap, placeholder } from '@codemirror/view'
import { useEffect, useRef } from 'react'
import { functionHelp } from './functions.ts'
import { type Answer, colours, completions, jsonataLanguage } from './language.ts'
import { parseFault } from './parser.ts'
import type { SamplePath } from './sample-paths.ts'

export type ExpressionEditorProps = {
  readonly value: string
  readonly label: string
  readonly describedBy: string
  readonly invalid: boolean
  readonly readOnly: boolean
  readonly placeholder: string
  readonly paths: readonly SamplePath[]
  readonly answers: readonly Answer[]
  readonly onChange: (text: string) => void
  readonly onFocus: (insert: (text: string) => void) => void
  /** The function that the cursor stands in, for help. */
  readonly onFunction: (help: string | undefined) => void
}

const FROM_OUTSIDE = Annotation.define<boolean>()

/** The text of one expression: colours, completion from the sample, marks of the parser. Undo is the editor's own. */
export default function ExpressionEditor(props: ExpressionEditorProps) {
  const frame = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView>(undefined)
  const latest = useRef(props)
  latest.current = props
  const reading = useRef(new Compartment())

  useEffect(() => {
    if (frame.current === null) return
    const now = () => latest.current
    const made = new EditorView({
      parent: frame.current,
      state: EditorState.create({
        doc: now().value,
        extensions: [
          jsonataLanguage,
          colours,
          bracketMatching(),
          closeBrackets(),
          autocompletion({
            override: [
              completions(
                () => now().paths,
                () => now().answers,
              ),
            ],
            icons: false,
          }),
          linter(
            async (editor) => {
              const text = editor.state.doc.toString()
              const fault = await parseFault(text)
              if (fault === undefined || editor.state.doc.toString() !== text) return []
              const from = Math.min(fault.position, text.length)
              return [{ from, to: Math.min(text.length, from + 1), severity: 'error', message: fault.message }]
            },
            { delay: 250 },
          ),
          keymap.of([
            // Tab is left to the browser, but for taking what completion offers.
            { key: 'Tab', run: (editor) => completionStatus(editor.state) === 'active' && acceptCompletion(editor) },
            { key: 'Ctrl-Space', run: startCompletion },
            ...defaultKeymap.filter(({ key }) => key !== 'Mod-Enter'),
          ]),
          EditorView.lineWrapping,
          placeholder(now().placeholder),
          reading.current.of(EditorState.readOnly.of(now().readOnly)),
          EditorView.contentAttributes.of({
            'aria-label': now().label,
            'aria-describedby': now().describedBy,
            spellcheck: 'false',
          }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged && !update.transactions.some((one) => one.annotation(FROM_OUTSIDE)))
              now().onChange(update.state.doc.toString())
            if (update.selectionSet || update.docChanged) now().onFunction(functionAt(update.state))
            if (update.focusChanged && update.view.hasFocus) now().onFocus((text) => insert(update.view, text))
          }),
        ],
      }),
    })
    view.current = made
    return () => made.destroy()
  }, [])

  const { value, readOnly } = props
  useEffect(() => {
    const editor = view.current
    if (editor === undefined || editor.state.doc.toString() === value) return
    // Undone, or changed by somebody else: the cursor stays where it can.
    const at = Math.min(editor.state.selection.main.head, value.length)
    editor.dispatch({
      changes: { from: 0, to: editor.state.doc.length, insert: value },
      selection: { anchor: at },
      annotations: FROM_OUTSIDE.of(true),
    })
  }, [value])
  useEffect(() => {
    view.current?.dispatch({ effects: reading.current.reconfigure(EditorState.readOnly.of(readOnly)) })
  }, [readOnly])

  return <div ref={frame} data-invalid={props.invalid || undefined} />
}

function insert(view: EditorView, text: string): void {
  const { from, to } = view.state.selection.main
  view.dispatch({ changes: { from, to, insert: text }, selection: { anchor: from + text.length } })
  view.focus()
}

/** “$substring(text, start, length): A part of a text.”, where the cursor stands in such a call. */
function functionAt(state: EditorState): string | undefined {
  const before = state.doc.sliceString(0, state.selection.main.head)
  let depth = 0
  for (let at = before.length - 1; at >= 0; at--) {
    const sign = before[at]
    if (sign === ')') depth++
    else if (sign === '(' && depth-- === 0) {
      const name = /\$[A-Za-z]+$/.exec(before.slice(0, at))?.[0]
      const help = name ? functionHelp(name) : undefined
      if (help) return `${help.call}: ${help.says}`
      depth = 0
    }
  }
  const name = /\$[A-Za-z]+$/.exec(before)?.[0]
  const help = name ? functionHelp(name) : undefined
  return help ? `${help.call}: ${help.says}` : undefined
}
