import { lazy, Suspense, useEffect } from 'react'
import { closePalette, isPaletteNew, openPalette, typeEarly, usePaletteOpened } from './store.ts'

const load = () => import('./Palette.tsx')
const Palette = lazy(() => load().then((module) => ({ default: module.Palette })))

/** A key that comes while the palette is being drawn, which takes a moment on a slow machine. */
function keepEarly(event: KeyboardEvent): void {
  const { key } = event
  if (event.ctrlKey || event.metaKey || event.altKey) return
  if (key === 'Escape') closePalette()
  else if (key === 'Backspace') typeEarly((typed) => [...typed].slice(0, -1).join(''))
  else if ([...key].length === 1) typeEarly((typed) => typed + key)
  else if (key !== 'Enter') return
  event.preventDefault()
  event.stopPropagation()
}

/** Opens the palette by its key on every page, also while something is being typed; not over another dialog. */
export function PaletteKey({ workspace }: { workspace: string }) {
  const opened = usePaletteOpened()
  useEffect(() => {
    const key = (event: KeyboardEvent): void => {
      if (isPaletteNew() && document.querySelector('[role="dialog"]') === null) {
        keepEarly(event)
        return
      }
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return
      // The browser would go to its own search field.
      event.preventDefault()
      if (document.querySelector('[role="dialog"]') === null) openPalette()
    }
    // Before any other keys of the page: what is typed for the palette is no command.
    window.addEventListener('keydown', key, true)
    // There before it is asked for: what is typed right after the key belongs into it.
    const early = setTimeout(() => void load().catch(() => undefined), 1_500)
    return () => {
      clearTimeout(early)
      window.removeEventListener('keydown', key, true)
    }
  }, [])
  if (!opened) return null
  return (
    <Suspense fallback={null}>
      <Palette workspace={workspace} />
    </Suspense>
  )
}
