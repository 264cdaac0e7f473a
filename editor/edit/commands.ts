/** Everything that can be done in the editor, by name: what a key does, what the palette lists, what a menu calls. */
export type CommandName =
  | 'add'
  | 'open'
  | 'close'
  | 'rename'
  | 'delete'
  | 'toggle'
  | 'duplicate'
  | 'copy'
  | 'cut'
  | 'paste'
  | 'undo'
  | 'redo'
  | 'connect'
  | 'replace'
  | 'find'
  | 'palette'
  | 'shortcuts'
  | 'save'
  | 'fit'
  | 'zoom-selection'
  | 'zoom-reset'
  | 'zoom-in'
  | 'zoom-out'
  | 'tidy'
  | 'note'
  | 'group'
  | 'ungroup'
  | 'fold'
  | 'select-all'
  | 'select-before'
  | 'select-after'
  | 'move-left'
  | 'move-right'
  | 'move-up'
  | 'move-down'
  | 'align-left'
  | 'align-top'
  | 'spread-across'
  | 'spread-down'
  | 'minimap'
  | 'outline'
  | 'publish'
  | 'compare'
  | 'problems'
  | 'history'
  | 'questions'
  | 'test'

export type Command = {
  readonly name: CommandName
  readonly title: string
  readonly group: 'Edit' | 'Add and connect' | 'Look' | 'Arrange' | 'Flow'
  /** As people read it: “Ctrl+Z”. */
  readonly keys?: string
  /** Only where somebody may change the flow. */
  readonly edits?: true
}

export const COMMANDS: readonly Command[] = [
  { name: 'palette', title: 'Go to anything, do anything', group: 'Look', keys: 'Ctrl+K' },
  { name: 'add', title: 'Add a step', group: 'Add and connect', keys: 'N or /', edits: true },
  { name: 'connect', title: 'Connect the selected step to…', group: 'Add and connect', keys: 'C', edits: true },
  { name: 'replace', title: 'Replace the selected step by…', group: 'Add and connect', keys: 'R', edits: true },
  { name: 'note', title: 'Add a note', group: 'Add and connect', keys: 'Shift+S', edits: true },
  { name: 'open', title: 'Open the selected step', group: 'Edit', keys: 'Enter' },
  { name: 'close', title: 'Close, select nothing', group: 'Edit', keys: 'Esc' },
  { name: 'rename', title: 'Rename the selected step', group: 'Edit', keys: 'F2', edits: true },
  { name: 'undo', title: 'Undo', group: 'Edit', keys: 'Ctrl+Z', edits: true },
  { name: 'redo', title: 'Redo', group: 'Edit', keys: 'Ctrl+Shift+Z', edits: true },
  { name: 'copy', title: 'Copy', group: 'Edit', keys: 'Ctrl+C' },
  { name: 'cut', title: 'Cut', group: 'Edit', keys: 'Ctrl+X', edits: true },
  { name: 'paste', title: 'Paste', group: 'Edit', keys: 'Ctrl+V', edits: true },
  { name: 'duplicate', title: 'Duplicate', group: 'Edit', keys: 'Ctrl+D', edits: true },
  { name: 'delete', title: 'Delete what is selected; lines heal', group: 'Edit', keys: 'Del', edits: true },
  { name: 'toggle', title: 'Disable or enable the selected steps', group: 'Edit', keys: 'D', edits: true },
  { name: 'select-all', title: 'Select everything', group: 'Edit', keys: 'Ctrl+A' },
  { name: 'select-before', title: 'Select all that comes before', group: 'Edit', keys: 'Shift+Left' },
  { name: 'select-after', title: 'Select all that comes after', group: 'Edit', keys: 'Shift+Right' },
  { name: 'find', title: 'Find in this flow', group: 'Look', keys: 'Ctrl+F' },
  { name: 'problems', title: 'Show problems', group: 'Look' },
  { name: 'history', title: 'Show the history', group: 'Look' },
  { name: 'questions', title: 'Show the questions of this flow', group: 'Look' },
  { name: 'fit', title: 'Show the whole flow', group: 'Look', keys: '1' },
  { name: 'zoom-selection', title: 'Zoom to what is selected', group: 'Look', keys: '2' },
  { name: 'zoom-reset', title: 'Zoom to 100 %', group: 'Look', keys: '0' },
  { name: 'zoom-in', title: 'Zoom in', group: 'Look', keys: '+' },
  { name: 'zoom-out', title: 'Zoom out', group: 'Look', keys: '−' },
  { name: 'minimap', title: 'Show or hide the small picture', group: 'Look' },
  { name: 'outline', title: 'Change between canvas and outline', group: 'Look', keys: 'O' },
  { name: 'shortcuts', title: 'All keys', group: 'Look', keys: '?' },
  { name: 'tidy', title: 'Tidy up: all, or what is selected', group: 'Arrange', keys: 'Shift+Alt+T', edits: true },
  { name: 'move-left', title: 'Move to the left', group: 'Arrange', keys: 'Alt+Left', edits: true },
  { name: 'move-right', title: 'Move to the right', group: 'Arrange', keys: 'Alt+Right', edits: true },
  { name: 'move-up', title: 'Move up', group: 'Arrange', keys: 'Alt+Up', edits: true },
  { name: 'move-down', title: 'Move down', group: 'Arrange', keys: 'Alt+Down', edits: true },
  { name: 'align-left', title: 'Align left', group: 'Arrange', edits: true },
  { name: 'align-top', title: 'Align top', group: 'Arrange', edits: true },
  { name: 'spread-across', title: 'Spread evenly across', group: 'Arrange', edits: true },
  { name: 'spread-down', title: 'Spread evenly down', group: 'Arrange', edits: true },
  { name: 'group', title: 'Group the selected steps', group: 'Arrange', keys: 'Ctrl+G', edits: true },
  { name: 'ungroup', title: 'Ungroup', group: 'Arrange', keys: 'Ctrl+Shift+G', edits: true },
  { name: 'fold', title: 'Fold or unfold the group', group: 'Look', keys: 'G' },
  { name: 'save', title: 'Save now and name this moment in the history', group: 'Flow', keys: 'Ctrl+S', edits: true },
  { name: 'test', title: 'Test up to the selected step, without sending', group: 'Flow', keys: 'Ctrl+Enter' },
  { name: 'compare', title: 'Compare with the live version', group: 'Flow' },
  { name: 'publish', title: 'Publish…', group: 'Flow', edits: true },
]

export type Pressed = Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'>

/** The command of a key. `typing`: the focus is in a field, where letters are letters. */
export function commandOf(event: Pressed, typing: boolean, letters: boolean): CommandName | undefined {
  const main = event.ctrlKey || event.metaKey
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
  if (main && !event.altKey) {
    switch (key) {
      case 'k':
        return 'palette'
      case 'z':
        return event.shiftKey ? 'redo' : 'undo'
      case 'y':
        return 'redo'
      case 's':
        return 'save'
      case 'f':
        return 'find'
      case 'Enter':
        return 'test'
    }
    if (typing) return undefined
    if (key === 'g') return event.shiftKey ? 'ungroup' : 'group'
    // Copying, cutting and pasting are events of the browser of their own: only they reach the system's clipboard.
    const plain: { readonly [key: string]: CommandName } = { d: 'duplicate', a: 'select-all' }
    return event.shiftKey ? undefined : plain[key]
  }
  if (main || typing) return undefined
  if (event.altKey) return event.shiftKey && event.code === 'KeyT' ? 'tidy' : undefined
  if (event.shiftKey) {
    if (key === 'ArrowLeft') return 'select-before'
    if (key === 'ArrowRight') return 'select-after'
    if (letters && key === 's') return 'note'
    if (key === '?') return 'shortcuts'
    if (letters && key === '+') return 'zoom-in'
    return undefined
  }
  const named: { readonly [key: string]: CommandName } = {
    Enter: 'open',
    Escape: 'close',
    F2: 'rename',
    Delete: 'delete',
    Backspace: 'delete',
    '?': 'shortcuts',
  }
  const lettered: { readonly [key: string]: CommandName } = {
    n: 'add',
    '/': 'add',
    c: 'connect',
    r: 'replace',
    d: 'toggle',
    o: 'outline',
    g: 'fold',
    '0': 'zoom-reset',
    '1': 'fit',
    '2': 'zoom-selection',
    '+': 'zoom-in',
    '=': 'zoom-in',
    '-': 'zoom-out',
  }
  return named[key] ?? (letters ? lettered[key] : undefined)
}
