import { useReactFlow } from '@xyflow/react'
import { useRef, useState } from 'react'
import { fold, foldedOf } from '../canvas/folded.ts'
import { minimapShown, showMinimap } from '../canvas/viewport.ts'
import { NOTHING, type Point, type Selection } from '../draft/action.ts'
import { after, before } from '../draft/add.ts'
import { type Alignment, aligned, nudged, walked } from '../draft/arrange.ts'
import { copied, readClip } from '../draft/clipboard.ts'
import { mainPort } from '../draft/connect.ts'
import { groupOf, groupsOf } from '../draft/groups.ts'
import { freePlace, placeOf, WIDTH } from '../draft/place.ts'
import { openPalette } from '../palette/store.ts'
import type { edit } from '../search.ts'
import type { CommandName } from './commands.ts'
import type { Editor } from './context.ts'
import { focusSoon, isTyping } from './focus.ts'
import { motion } from './motion.ts'

type Search = ReturnType<typeof edit>

export type Commands = {
  readonly run: (name: CommandName) => unknown
  readonly reveal: (node: string) => void
  readonly walk: (direction: 'up' | 'down' | 'left' | 'right') => void
  readonly nudge: (dx: number, dy: number) => void
  readonly clip: () => string | undefined
  readonly cut: () => string | undefined
  readonly paste: (text: string) => unknown
  readonly minimap: boolean
  readonly tidying: boolean
}

const ALIGNMENTS: { readonly [name: string]: Alignment } = {
  'align-left': 'left',
  'align-top': 'top',
  'spread-across': 'across',
  'spread-down': 'down',
}

/** In steps of the grid. */
const MOVES: { readonly [name: string]: readonly [number, number] } = {
  'move-left': [-1, 0],
  'move-right': [1, 0],
  'move-up': [0, -1],
  'move-down': [0, 1],
}

/** What each command does to the draft, the canvas and the page. */
export function useCommands(parts: {
  editor: Editor
  view: 'canvas' | 'outline'
  step: string | undefined
  show: (dialog: 'shortcuts' | 'publish') => void
  /** Leads to another page, after what is unsent has been sent. */
  go: (where: 'compare' | 'test') => void
  setSearch: (change: Search) => void
  clearStep: () => void
}): Commands {
  const { editor, view } = parts
  const { session, operations, act, say } = editor
  const canvas = useReactFlow()
  const [minimap, setMinimap] = useState(minimapShown)
  const [tidying, setTidying] = useState(false)
  const lastClip = useRef<string>(undefined)
  const flow = () => session.get().flow
  const selection = (): Selection => session.get().selection
  const one = (): string | undefined => (selection().nodes.size === 1 ? [...selection().nodes][0] : undefined)
  const editable = (): boolean => editor.mayEdit && !session.get().readOnly

  /** The middle of what is in sight, on the canvas. */
  const middle = (): Point => {
    const frame = document.querySelector('.react-flow')?.getBoundingClientRect()
    if (!frame) return { x: 0, y: 0 }
    return canvas.screenToFlowPosition({ x: frame.left + frame.width / 2, y: frame.top + frame.height / 2 })
  }

  const reveal = (node: string) => {
    const hidden = groupOf(flow(), node)
    if (hidden && foldedOf(editor.flowId).has(hidden.id)) fold(editor.flowId, hidden.id, false)
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        if (view === 'outline') {
          // Whoever has gone on into a field meanwhile stays there.
          if (isTyping(document.activeElement)) return
          document.querySelector<HTMLElement>(`[data-outline="${CSS.escape(node)}"]`)?.focus()
          return
        }
        const element = document.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(node)}"]`)
        const frame = document.querySelector('.react-flow')?.getBoundingClientRect()
        if (!element || !frame) return
        const box = element.getBoundingClientRect()
        const seen =
          box.left >= frame.left && box.right <= frame.right && box.top >= frame.top && box.bottom <= frame.bottom
        if (!seen) {
          const at = placeOf(flow(), node)
          const zoom = Math.max(0.5, canvas.getZoom())
          void canvas.setCenter(at.x + WIDTH / 2, at.y + 36, { zoom, duration: motion(180) })
        }
        if (!isTyping(document.activeElement)) element.focus({ preventScroll: true })
      }),
    )
  }

  const clip = (): string | undefined => {
    const text = copied(flow(), selection())
    if (text !== undefined) lastClip.current = text
    return text
  }
  const cut = (): string | undefined => {
    const text = clip()
    if (text !== undefined && editable()) run('delete')
    return text
  }
  const pastePoint = (): Point => {
    const at = middle()
    // Pasting twice does not cover what was pasted first.
    const taken = flow().nodes.some((node) => {
      const place = placeOf(flow(), node.id)
      return Math.abs(place.x - at.x + WIDTH / 2) < 20 && Math.abs(place.y - at.y + 36) < 20
    })
    return { x: at.x - WIDTH / 2 + (taken ? 40 : 0), y: at.y - 36 + (taken ? 40 : 0) }
  }
  const paste = (text: string) => {
    if (!editable()) return say('You are looking at this flow; nothing can be pasted here.', 'attention')
    const reading = readClip(text)
    if (!reading.ok) return say(reading.why, 'attention')
    const done = act({ do: 'paste', clip: reading.clip, at: pastePoint() })
    if (!done.ok) return
    const count = reading.clip.nodes.length
    say(count === 1 ? '1 step pasted.' : `${count} steps pasted.`)
    const [first] = done.select?.nodes ?? []
    if (first) reveal(first)
  }

  const tidy = async (): Promise<void> => {
    setTidying(true)
    try {
      const { tidied } = await import('../canvas/tidy.ts')
      const places = await tidied(flow(), operations, selection().nodes)
      act({ do: 'place', what: 'Tidy up', places })
      say('Tidied up. One step back undoes it.')
    } catch {
      say('The layout could not be worked out. Nothing was moved.', 'attention')
    } finally {
      setTimeout(() => setTidying(false), motion(240) + 20)
    }
  }

  const removal = (): void => {
    const { nodes, edges, notes } = selection()
    const places = [...nodes].flatMap((id) => [...before(flow(), id)].filter((other) => !nodes.has(other)))
    const done = act({ do: 'remove', nodes: [...nodes], edges: [...edges], notes: [...notes] })
    if (!done.ok) return
    say(`Done: ${done.label}. Ctrl+Z brings it back.`)
    const next = places.find((id) => done.flow.nodes.some((node) => node.id === id))
    if (parts.step !== undefined && nodes.has(parts.step)) parts.clearStep()
    if (next) {
      session.select({ ...NOTHING, nodes: new Set([next]) })
      reveal(next)
    }
  }

  const toggle = () => {
    const chosen = flow().nodes.filter((node) => selection().nodes.has(node.id))
    const able = chosen.filter((node) => operations.get(node.operation)?.kind !== 'trigger')
    if (chosen.length === 0) return say('Select the steps to disable first.', 'attention')
    if (able.length === 0) return say('A trigger cannot be disabled: remove it, or switch the flow off.', 'attention')
    const off = able.some((node) => !node.disabled)
    const reads = able.every((node) => operations.get(node.operation)?.kind === 'read')
    const how = off ? (reads ? 'stop' : 'pass') : undefined
    const done = act({ do: 'disable', nodes: able.map((node) => node.id), how })
    if (done.ok && off)
      say(
        reads
          ? 'Disabled: it reads nothing.'
          : 'Disabled: records go through as they are. The step’s menu can end them here instead.',
      )
    else if (done.ok) say('Enabled.')
  }

  const add = () => {
    const chosen = one()
    const [edge] = selection().edges
    if (edge !== undefined && selection().nodes.size === 0) return editor.ask({ edge })
    const node = flow().nodes.find((step) => step.id === chosen)
    const info = node && operations.get(node.operation)
    const port = node && info ? mainPort(info, node.settings) : undefined
    if (node && port) return editor.ask({ after: { node: node.id, port } })
    editor.ask(
      view === 'canvas' && flow().nodes.length > 0 ? { at: { x: middle().x - WIDTH / 2, y: middle().y - 36 } } : {},
    )
  }

  const groupsHere = () => groupsOf(flow()).filter(({ nodes }) => nodes.some((id) => selection().nodes.has(id)))

  const group = () => {
    const done = act({ do: 'group', nodes: [...selection().nodes] })
    if (!done.ok) return
    say(`Done: ${done.label}. F2 names the group.`)
  }

  const run = (name: CommandName): unknown => {
    switch (name) {
      case 'palette':
        return openPalette()
      case 'shortcuts':
        return parts.show(name)
      case 'publish':
        return editable() ? parts.show(name) : undefined
      case 'add':
        return editable() ? add() : undefined
      case 'open': {
        const node = one()
        return node ? editor.open(node) : undefined
      }
      case 'close':
        if (parts.step !== undefined) {
          parts.clearStep()
          reveal(parts.step)
        } else session.select(NOTHING)
        return
      case 'rename': {
        const whole = groupsHere().find(
          ({ nodes }) => nodes.length > 1 && nodes.every((id) => selection().nodes.has(id)),
        )
        if (whole) {
          const mark = `[data-rename-group="${CSS.escape(whole.id)}"]`
          return view === 'canvas' ? document.querySelector<HTMLElement>(mark)?.click() : focusSoon(`input${mark}`)
        }
        const node = one() ?? parts.step
        if (node === undefined) return
        editor.open(node)
        return focusSoon(`[data-rename="${CSS.escape(node)}"]`)
      }
      case 'delete':
        return editable() ? removal() : undefined
      case 'toggle':
        return editable() ? toggle() : undefined
      case 'connect': {
        const node = flow().nodes.find((step) => step.id === (one() ?? parts.step))
        const info = node && operations.get(node.operation)
        if (!node || !info || !editable()) return say('Select the step to connect first.', 'attention')
        return editor.connectFrom({ node: node.id, port: mainPort(info, node.settings) ?? 'out' })
      }
      case 'replace': {
        const node = one() ?? parts.step
        return node && editable() ? editor.ask({ replace: node }) : undefined
      }
      case 'duplicate': {
        const reading = readClip(copied(flow(), selection()) ?? '')
        if (!editable() || !reading.ok) return
        const places = Object.values(reading.clip.layout?.nodes ?? {})
        const at = { x: Math.min(...places.map(({ x }) => x)) + 40, y: Math.min(...places.map(({ y }) => y)) + 120 }
        const done = act({ do: 'paste', clip: reading.clip, at, verb: 'Duplicate' })
        const [first] = done.ok ? (done.select?.nodes ?? []) : []
        return first ? reveal(first) : undefined
      }
      case 'copy': {
        const text = clip()
        if (text === undefined) return say('Select what to copy first.', 'attention')
        void navigator.clipboard?.writeText(text).catch(() => undefined)
        return say('Copied.')
      }
      case 'cut': {
        const text = cut()
        if (text !== undefined) void navigator.clipboard?.writeText(text).catch(() => undefined)
        return
      }
      case 'paste': {
        const kept = () => paste(lastClip.current ?? '')
        if (navigator.clipboard?.readText) void navigator.clipboard.readText().then(paste, kept)
        else kept()
        return
      }
      case 'undo':
      case 'redo': {
        const label = name === 'undo' ? session.undo() : session.redo()
        return say(
          label
            ? `${name === 'undo' ? 'Undone' : 'Done again'}: ${label}.`
            : name === 'undo'
              ? 'Nothing to undo.'
              : 'Nothing to do again.',
        )
      }
      case 'select-all':
        return session.select({
          nodes: new Set(flow().nodes.map((node) => node.id)),
          edges: new Set(),
          notes: new Set(flow().layout?.notes?.map((note) => note.id)),
        })
      case 'select-before':
      case 'select-after': {
        const from = [...selection().nodes].flatMap((id) => [
          ...(name === 'select-before' ? before : after)(flow(), id),
        ])
        return session.select({ ...selection(), nodes: new Set([...selection().nodes, ...from]) })
      }
      case 'find':
      case 'problems':
      case 'history':
      case 'questions':
        return parts.setSearch({ panel: name })
      case 'fit':
        return void canvas.fitView({ maxZoom: 1, padding: 0.15, duration: motion(180) })
      case 'zoom-selection': {
        const nodes = [...selection().nodes].map((id) => ({ id }))
        return void canvas.fitView({
          ...(nodes.length > 0 ? { nodes } : {}),
          maxZoom: 1.25,
          padding: 0.3,
          duration: motion(180),
        })
      }
      case 'zoom-reset':
        return void canvas.zoomTo(1, { duration: motion(120) })
      case 'zoom-in':
        return void canvas.zoomIn({ duration: motion(120) })
      case 'zoom-out':
        return void canvas.zoomOut({ duration: motion(120) })
      case 'minimap':
        showMinimap(!minimap)
        return setMinimap(!minimap)
      case 'outline':
        return parts.setSearch({ show: view === 'outline' ? 'canvas' : 'outline' })
      case 'tidy':
        return editable() ? void tidy() : undefined
      case 'note': {
        if (!editable()) return
        const at = middle()
        act({ do: 'add-note', at: freePlace(flow(), operations, { x: at.x - 120, y: at.y - 60 }) })
        return
      }
      case 'group':
        return editable() ? group() : undefined
      case 'ungroup': {
        const [found] = groupsHere()
        if (!editable() || found === undefined) return say('Select a step of a group first.', 'attention')
        const done = act({ do: 'ungroup', group: found.id })
        return done.ok ? say(`Done: ${done.label}. Ctrl+Z brings it back.`) : undefined
      }
      case 'fold': {
        const found = groupsHere()
        if (found.length === 0) return say('Select a step of a group first.', 'attention')
        const shut = found.every(({ id }) => foldedOf(editor.flowId).has(id))
        for (const { id } of found) fold(editor.flowId, id, !shut)
        return
      }
      case 'move-left':
      case 'move-right':
      case 'move-up':
      case 'move-down': {
        const [dx, dy] = MOVES[name] ?? [0, 0]
        const action = nudged(flow(), selection(), dx, dy)
        if (action === undefined) return say('Select what to move first.', 'attention')
        return editable() ? act(action) : undefined
      }
      case 'align-left':
      case 'align-top':
      case 'spread-across':
      case 'spread-down': {
        const how = ALIGNMENTS[name] ?? 'left'
        const action = aligned(flow(), [...selection().nodes], how, operations)
        if (action) act(action)
        else say('Select at least two steps to align, three to spread.', 'attention')
        return
      }
      case 'save':
        return void session.flush().then(() => say('Saved. Every change is saved by itself, too.'))
      case 'compare':
      case 'test':
        return parts.go(name)
    }
  }

  return {
    run,
    reveal,
    walk: (direction) => {
      const here = one()
      const next = here === undefined ? flow().nodes[0]?.id : walked(flow(), here, direction)
      if (next === undefined) return
      session.select({ ...NOTHING, nodes: new Set([next]) })
      reveal(next)
    },
    nudge: (dx, dy) => {
      const action = nudged(flow(), selection(), dx, dy)
      if (action && editable()) act(action)
    },
    clip,
    cut,
    paste,
    minimap,
    tidying,
  }
}
