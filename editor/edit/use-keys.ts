import { useEffect, useRef } from 'react'
import { commandOf } from './commands.ts'
import { lettersOn } from './letters.ts'
import { isTyping } from './focus.ts'
import type { Commands } from './use-commands.ts'
import type { DraftSession } from '../draft/session.ts'

const ARROWS = { ArrowUp: 'up', ArrowDown: 'down', ArrowLeft: 'left', ArrowRight: 'right' } as const
const STEPS = { up: [0, -1], down: [0, 1], left: [-1, 0], right: [1, 0] } as const

/** Keys, and the clipboard, of the whole editor. Dialogs and lists have their own while they are open. */
export function useKeys(commands: Commands, session: DraftSession, busy: boolean): void {
  const latest = useRef({ commands, session, busy })
  latest.current = { commands, session, busy }
  useEffect(() => {
    const inside = (target: EventTarget | null): boolean =>
      !(target instanceof Element) || target.closest('[role="dialog"], [role="menu"], [role="listbox"]') === null

    const key = (event: KeyboardEvent) => {
      const { commands: now, busy: waiting } = latest.current
      if (waiting || event.defaultPrevented || !inside(event.target)) return
      const typing = isTyping(document.activeElement)
      const arrow = Object.hasOwn(ARROWS, event.key) ? ARROWS[event.key as keyof typeof ARROWS] : undefined
      if (arrow && onStep(event.target) && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
        event.preventDefault()
        if (event.altKey) now.nudge(STEPS[arrow][0], STEPS[arrow][1])
        else now.walk(arrow)
        return
      }
      const name = commandOf(event, typing, lettersOn())
      if (name === undefined) return
      if (name === 'open' && !onStep(event.target)) return
      if (typing && name === 'find') return
      event.preventDefault()
      // The search for records listens to “/” too; here it adds a step.
      event.stopImmediatePropagation()
      now.run(name)
    }
    const copy = (event: ClipboardEvent) => {
      const { commands: now, busy: waiting } = latest.current
      if (waiting || isTyping(document.activeElement) || !inside(event.target)) return
      if (String(window.getSelection() ?? '') !== '') return
      const text = event.type === 'cut' ? now.cut() : now.clip()
      if (text === undefined || event.clipboardData === null) return
      event.preventDefault()
      event.clipboardData.setData('text/plain', text)
    }
    const paste = (event: ClipboardEvent) => {
      const { commands: now, busy: waiting } = latest.current
      if (waiting || isTyping(document.activeElement) || !inside(event.target)) return
      event.preventDefault()
      now.paste(event.clipboardData?.getData('text/plain') ?? '')
    }
    window.addEventListener('keydown', key, true)
    window.addEventListener('copy', copy)
    window.addEventListener('cut', copy)
    window.addEventListener('paste', paste)
    return () => {
      window.removeEventListener('keydown', key, true)
      window.removeEventListener('copy', copy)
      window.removeEventListener('cut', copy)
      window.removeEventListener('paste', paste)
    }
  }, [])
}

/** A step on the canvas or in the outline, not a button inside it. */
function onStep(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false
  return target.matches('.react-flow__node, .react-flow, body, [data-outline]')
}
