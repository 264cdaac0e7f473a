import { useContext } from 'react'
import { type Editor, EditorContext } from '../edit/context.ts'

/** The canvas is also drawn where nothing can be edited: for a run, an earlier version, a comparison. */
export const useEditorIfAny = (): Editor | undefined => useContext(EditorContext)
