import { lazy, Suspense, useEffect } from 'react'
import { openPalette, usePaletteOpened } from './store.ts'

const load = () => import('./Palette.tsx')
const Palette = lazy(() => load().then((module) => ({ default: module.Palette })))

/** Opens the palette by its key on every page, also while something is being typed; not over another dialog. */
export function PaletteKey({ workspace }: { workspace: string }) {
  const opened = usePaletteOpened()
  useEffect(() => {
    const key = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return
      // The browser would go to its own search field.
      event.preventDefault()
      if (document.querySelector('[role="dialog"]') === null) openPalette()
    }
    window.addEventListener('keydown', key)
    // There before it is asked for: what is typed right after the key belongs into it.
    const early = setTimeout(() => void load().catch(() => undefined), 1_500)
    return () => {
      clearTimeout(early)
      window.removeEventListener('keydown', key)
    }
  }, [])
  if (!opened) return null
  return (
    <Suspense fallback={null}>
      <Palette workspace={workspace} />
    </Suspense>
  )
}
