import { useEffect, useMemo, useRef } from 'react'
import type { OperationInfo } from '../../server/flow/catalog/catalog.ts'
import { canFollow, canPrecede } from '../draft/connect.ts'
import { type Adding, useEditor } from './context.ts'
import { OperationPicker } from './OperationPicker.tsx'
import classes from './QuickAdd.module.css'
import { rememberOperation } from './recent.ts'

const WIDTH = 340
const HEIGHT = 420

/** The list of what can be added here, right where it was asked for. */
export function QuickAdd({ adding, onClose }: { adding: Adding; onClose: () => void }) {
  const editor = useEditor()
  const box = useRef<HTMLDivElement>(null)
  const before = useRef(document.activeElement)
  const all = useMemo(() => [...editor.operations.values()], [editor.operations])
  const fitting = useMemo(() => all.filter((info) => fits(editor, adding, info)), [all, editor, adding])
  const close = () => {
    onClose()
    if (before.current instanceof HTMLElement) before.current.focus()
  }
  useEffect(() => {
    const away = (event: PointerEvent) => {
      if (event.target instanceof Node && !box.current?.contains(event.target)) onClose()
    }
    window.addEventListener('pointerdown', away, true)
    return () => window.removeEventListener('pointerdown', away, true)
  }, [onClose])
  const choose = (info: OperationInfo) => {
    onClose()
    const done = adding.replace
      ? editor.act({ do: 'replace', node: adding.replace, operation: info.id })
      : editor.act({
          do: 'add',
          operation: info.id,
          ...(adding.at ? { at: adding.at } : {}),
          ...(adding.after ? { after: adding.after } : {}),
          ...(adding.before ? { before: adding.before } : {}),
          ...(adding.edge ? { edge: adding.edge } : {}),
        })
    if (!done.ok) return
    rememberOperation(info.id)
    const [made] = done.select?.nodes ?? []
    if (made) editor.reveal(made)
  }
  const title = adding.replace ? 'Replace by' : adding.edge ? 'Put a step into this line' : 'Add a step'
  return (
    <div ref={box} role="dialog" aria-label={title} className={classes.box} style={styleOf(adding)}>
      <OperationPicker
        operations={fitting}
        label={title}
        autoFocus
        hidden={
          fitting.length < all.length
            ? { count: all.length - fitting.length, why: 'operations cannot stand here.' }
            : undefined
        }
        onChoose={choose}
        onClose={close}
      />
    </div>
  )
}

function styleOf({ screen }: Adding): { left: number; top: number } {
  const [width, height] = [window.innerWidth, window.innerHeight]
  const at = screen ?? { x: (width - WIDTH) / 2, y: Math.max(80, (height - HEIGHT) / 3) }
  return {
    left: Math.max(8, Math.min(at.x, width - WIDTH - 8)),
    top: Math.max(64, Math.min(at.y, height - HEIGHT - 8)),
  }
}

function fits(editor: ReturnType<typeof useEditor>, adding: Adding, info: OperationInfo): boolean {
  const { flow } = editor.session.get()
  if (adding.after && !canFollow(flow, editor.operations, adding.after, info)) return false
  if (adding.before && !canPrecede(flow, editor.operations, adding.before, info)) return false
  if (adding.edge === undefined) return true
  const edge = flow.edges.find((one) => one.id === adding.edge)
  if (edge === undefined) return false
  return (
    canFollow(flow, editor.operations, { node: edge.from, port: edge.port }, info) &&
    canPrecede(flow, editor.operations, { node: edge.to, input: edge.input }, info)
  )
}
